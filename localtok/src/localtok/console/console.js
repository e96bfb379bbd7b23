import { archiveCard, run, still } from './archives.js';
import { offerCalls, ruleCard } from './faults.js';
import { $, afterwards, attempt, button, Cards, clockTime, element, length, request, trouble } from './page.js';
import { seen, sessionCard } from './sessions.js';

const EVERY_MS = 1500;
const LOG_ROWS = 200;
const LOST = 'localtok does not answer; trying again.';
const LEAPS = [['1 min', 60], ['1 h', 3600], ['4 h', 4 * 3600], ['72 h', 72 * 3600]];

const sessions = new Cards($('sessions'), 'No sessions yet. An SDK makes one with createSession.', ({ id }) => id, sessionCard);
const archives = new Cards($('archives'), 'Nothing has been recorded yet.', ({ id }) => id, archiveCard);
const rules = new Cards($('rules'), 'No faults are ordered.', (rule) => rule.id || `${rule.serverRotation} ${rule.at_ms}`, ruleCard);
let logged = 0;

function row(entry) {
  const outcome = entry.fault ? `${entry.outcome} (${entry.fault}, as ordered)` : entry.outcome;
  const what = entry.kind === 'callback' ? `callback ${entry.what}` : `${entry.call} ${entry.what}`;
  return element('tr', {},
    element('td', {}, clockTime(entry.at_ms)),
    element('td', { textContent: what }),
    element('td', { textContent: outcome, className: /^2/.test(entry.outcome) ? '' : 'bad' }),
    element('td', { textContent: entry.ms === undefined ? '' : `${entry.ms} ms` }));
}

function log(entries, last) {
  if (last < logged) {
    // A localtok that was started anew counts from one again; it is asked for all of it next time.
    logged = 0;
    $('log').replaceChildren();
    return;
  }
  for (const entry of entries) {
    // Two questions at a time have the same answer.
    if (entry.n > logged) $('log').prepend(row(entry));
    logged = Math.max(logged, entry.n);
  }
  while ($('log').children.length > LOG_ROWS) $('log').lastElementChild.remove();
  $('quiet').hidden = $('log').children.length > 0;
}

function showClock(nowMs) {
  const clock = $('clock');
  clock.dateTime = new Date(nowMs).toISOString();
  clock.textContent = new Date(nowMs).toLocaleString();
  const aheadS = Math.round((nowMs - Date.now()) / 1000);
  $('ahead').textContent = aheadS > 2 ? `(${length(aheadS)} ahead)` : '';
}

async function refresh() {
  const state = await request('GET', `state?after=${logged}`);
  showClock(state.now_ms);
  offerCalls(state.calls);
  sessions.draw(state.sessions.map(seen), state.sessionsMore);
  archives.draw(state.archives.map(still), state.archivesMore);
  run(archives, state.archives);
  rules.draw([...state.faults.rules, ...state.faults.incidents]);
  log(state.log, state.logged);
}

async function live() {
  try {
    if (!document.hidden) await refresh();
    if ($('trouble').textContent === LOST) trouble('');
  } catch {
    trouble(LOST);
  }
  setTimeout(live, EVERY_MS);
}

afterwards(refresh);
$('address').textContent = location.origin;
$('time').append(...LEAPS.map(([name, seconds]) => button(`+ ${name}`, () => request('POST', 'clock', { advance_s: seconds }))));
$('clear').onclick = () => attempt($('clear'), () => request('DELETE', 'faults'));
$('reset').onclick = () => {
  if (!confirm('Disconnect everybody and delete every session and archive?')) return;
  attempt($('reset'), async () => {
    await request('POST', 'reset', {});
    $('log').replaceChildren();
  });
};
live();
