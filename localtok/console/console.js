'use strict';

const EVERY_MS = 1500;
const LOG_ROWS = 200;
let seen = 0;
let drawn = {};
/** Sessions whose pictures are shown: their connected OT sessions, by id. */
const watched = new Map();

const places = new Map();

const $ = (id) => document.getElementById(id);

function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function button(text, work, className = '') {
  return element('button', { type: 'button', textContent: text, className, onclick: () => attempt(work) });
}

async function request(method, path, body) {
  const options = { method };
  if (body !== undefined) Object.assign(options, { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  const response = await fetch(`/_localtok/${path}`, options);
  if (response.status === 204) return null;
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message);
  return answer;
}

async function attempt(work) {
  try {
    await work();
    $('trouble').hidden = true;
    await refresh();
  } catch (error) {
    $('trouble').textContent = error.message || String(error);
    $('trouble').hidden = false;
  }
}

const order = (fault) => request('POST', 'faults', fault);
const time = (ms) => new Date(ms).toLocaleTimeString();

function length(seconds) {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  return parts.map((part, index) => (index ? String(part).padStart(2, '0') : part)).join(':');
}

/** Draws again only what has changed, so that a video that plays goes on playing. */
function draw(place, value, make) {
  const text = JSON.stringify(value);
  if (drawn[place] === text) return;
  drawn[place] = text;
  $(place).replaceChildren(...make(value));
}

function empty(text) {
  return [element('p', { className: 'soft', textContent: text })];
}

function drawSessions(sessions) {
  if (!sessions.length) return empty('No sessions yet. An SDK makes one with createSession.');
  return sessions.map((session) => {
    const people = session.connections.map((each) => element('li', {},
      each.data || each.id, ' ',
      ...each.streams.map((stream) => element('span', {
        className: 'soft', textContent: ` · ${stream.name || stream.videoType}${stream.hasAudio ? '' : ', muted'}${stream.hasVideo ? '' : ', no picture'}`,
      })), ' ',
      button('Lose network 5 s', () => order({ event: 'networkLost', connection: each.id, seconds: 5 }))));
    const pictures = picturesOf(session.id);
    return element('div', { className: 'card' },
      element('h3', { textContent: session.id }),
      element('p', { className: 'soft', textContent: `${session.routed ? 'routed' : 'relayed'}, ${session.archiveMode === 'always' ? 'records itself' : 'recorded on demand'}` }),
      element('ul', {}, ...people),
      pictures,
      element('p', { className: 'buttons' },
        watched.has(session.id) ? button('Stop watching', () => stopWatching(session.id)) : button('Watch', () => watch(session.id)),
        button('Rotate server', () => order({ event: 'serverRotation', session: session.id }))));
  });
}

/** The place of a session's pictures. It stays when the list is drawn again, so that they go on. */
function picturesOf(id) {
  if (!places.has(id)) places.set(id, element('div', { className: 'pictures', id: `pictures-${id}` }));
  return places.get(id);
}

async function watch(id) {
  const { apiKey, token } = await request('POST', 'token', { session: id });
  const session = OT.initSession(apiKey, id);
  watched.set(id, session);
  drawn.sessions = '';
  await refresh();
  session.on('streamCreated', ({ stream }) => {
    session.subscribe(stream, `pictures-${id}`, { insertMode: 'append', width: '100%', height: '100%' });
  });
  await new Promise((resolve, reject) => { session.connect(token, (error) => (error ? reject(error) : resolve())); });
}

async function stopWatching(id) {
  watched.get(id).disconnect();
  watched.delete(id);
  drawn.sessions = '';
}

function drawArchives(archives) {
  if (!archives.length) return empty('Nothing has been recorded yet.');
  return archives.map((archive) => {
    const live = archive.status === 'started' || archive.status === 'paused';
    const tone = { available: 'good', failed: 'bad' }[archive.status] || '';
    const playable = archive.file && archive.outputMode === 'composed' && archive.size > 0;
    return element('div', { className: 'card' },
      element('h3', { textContent: archive.name || archive.id }),
      element('p', {}, element('span', { className: tone, textContent: archive.status }), element('span', {
        className: 'soft', textContent: ` ${archive.reason} · ${length(archive.duration)} · ${(archive.size / 1e6).toFixed(1)} MB · ${time(archive.createdAt)}`,
      })),
      playable ? element('video', { src: archive.file, controls: true, preload: 'none', playsInline: true }) : null,
      element('p', { className: 'buttons' },
        archive.file ? element('a', { href: archive.file, download: `${archive.name || archive.id}.${archive.outputMode === 'composed' ? 'mp4' : 'zip'}`, textContent: 'Download' }) : null,
        live ? button('Crash archiver', () => order({ event: 'archiverCrash', archive: archive.id }), 'danger') : null));
  });
}

function drawRules({ rules, incidents }) {
  const left = (rule) => (rule.left === null ? 'stands' : `${rule.left} left`);
  const shown = ({ id, seen: met, struck, left: rest, ...asked }) => JSON.stringify(asked);
  return [
    ...rules.map((rule) => element('li', {}, element('code', { textContent: shown(rule) }),
      element('span', { className: 'soft', textContent: ` struck ${rule.struck} of ${rule.seen}, ${left(rule)} ` }))),
    ...incidents.map((each) => element('li', { textContent: `Server rotation of ${each.serverRotation} at ${time(each.at_ms)}` })),
  ];
}

function addToLog(entries) {
  for (const entry of entries) {
    seen = entry.n;
    const failed = !/^2/.test(entry.outcome);
    const outcome = entry.fault ? `${entry.outcome} (${entry.fault}, as ordered)` : entry.outcome;
    $('log').prepend(element('tr', {},
      element('td', { textContent: time(entry.at_ms) }),
      element('td', { textContent: entry.kind === 'callback' ? `callback ${entry.what}` : `${entry.call} ${entry.what}` }),
      element('td', { textContent: outcome, className: failed ? 'bad' : '' }),
      element('td', { textContent: entry.ms === undefined ? '' : `${entry.ms} ms` })));
  }
  while ($('log').rows?.length > LOG_ROWS || $('log').children.length > LOG_ROWS) $('log').lastElementChild.remove();
}

async function refresh() {
  const state = await request('GET', `state?after=${seen}`);
  $('clock').textContent = new Date(state.now_ms).toLocaleString();
  const aheadS = Math.round((state.now_ms - Date.now()) / 1000);
  $('ahead').textContent = aheadS > 2 ? `(${length(aheadS)} ahead)` : '';
  draw('sessions', state.sessions, drawSessions);
  draw('archives', state.archives, drawArchives);
  draw('rules', state.faults, drawRules);
  addToLog(state.log);
  if (!$('fault').call.length) {
    for (const name of ['*', ...state.calls]) $('fault').call.append(element('option', { value: name, textContent: name === '*' ? 'every call' : name }));
  }
}

const LEAPS = [['1 min', 60], ['1 h', 3600], ['4 h', 4 * 3600], ['72 h', 72 * 3600]];
$('time').append(...LEAPS.map(([name, seconds]) => button(`+ ${name}`, () => request('POST', 'clock', { advance_s: seconds }))));
$('address').textContent = location.origin;
$('clear').onclick = () => attempt(() => request('DELETE', 'faults'));
$('reset').onclick = () => {
  if (!confirm('Disconnect everybody and delete every session and archive?')) return;
  attempt(() => request('POST', 'reset', {}).then(() => { $('log').replaceChildren(); }));
};
$('fault').onsubmit = (event) => {
  event.preventDefault();
  const { call, effect, often } = Object.fromEntries(new FormData($('fault')));
  const value = { status: 503, latency_ms: 5000 }[effect] || true;
  attempt(() => order({ call, [effect]: value, ...(often === 'share' ? { share: 0.5 } : { next: 1 }) }));
};

async function live() {
  const lost = 'localtok does not answer; trying again.';
  try {
    if (!document.hidden) await refresh();
    if ($('trouble').textContent === lost) $('trouble').hidden = true;
  } catch {
    $('trouble').textContent = lost;
    $('trouble').hidden = false;
  }
  setTimeout(live, EVERY_MS);
}
live();
