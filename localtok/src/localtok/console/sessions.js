import { button, element, order, request } from './page.js';

// Made by the browser library, whose script the page loads before.
const { OT } = /** @type {any} */ (window);

/** Sessions whose pictures are shown: their OT sessions, by id. */
const watched = new Map();
/** The places of their pictures, which stay when a session is drawn again. */
const places = new Map();

function picturesOf(id) {
  if (!places.has(id)) places.set(id, element('div', { className: 'pictures', id: `pictures-${id}` }));
  return places.get(id);
}

async function watch(id) {
  const { apiKey, token } = await request('POST', 'token', { session: id });
  const session = OT.initSession(apiKey, id);
  watched.set(id, session);
  session.on('streamCreated', ({ stream }) => {
    session.subscribe(stream, `pictures-${id}`, { insertMode: 'append', width: '100%', height: '100%' });
  });
  session.on('sessionDisconnected', () => forget(id));
  try {
    await new Promise((resolve, reject) => { session.connect(token, (error) => (error ? reject(error) : resolve())); });
  } catch (error) {
    forget(id);
    throw error;
  }
}

/** The OT session stays the same one for this page: without its handlers it begins anew. */
function forget(id) {
  const session = watched.get(id);
  watched.delete(id);
  if (session) session.off();
}

async function stopWatching(id) {
  const session = watched.get(id);
  forget(id);
  if (session) session.disconnect();
}

/** A session as it is to be drawn: whether it is watched counts. */
export function seen(session) {
  return { ...session, watched: watched.has(session.id) };
}

const KINDS = { camera: 'camera', screen: 'screen', custom: 'picture' };

function stream({ name, videoType, hasAudio, hasVideo }) {
  const off = [hasAudio ? '' : 'muted', hasVideo ? '' : 'no picture'].filter(Boolean);
  const what = name ? `${name} (${KINDS[videoType] || videoType})` : KINDS[videoType] || videoType;
  return element('span', { className: 'stream', textContent: [what, ...off].join(', ') });
}

function person(each) {
  return element('li', {},
    element('div', {},
      element('strong', { textContent: each.data || each.id }),
      ...(each.streams.length ? each.streams.map(stream) : [element('span', { className: 'stream', textContent: 'publishes nothing' })])),
    button('Lose network 5 s', () => order({ event: 'networkLost', connection: each.id, seconds: 5 })));
}

export function sessionCard(session) {
  const { id, routed, archiveMode, connections } = session;
  const people = connections.length ? `${connections.length} connected` : 'nobody connected';
  const kind = `${routed ? 'routed' : 'relayed'}, ${archiveMode === 'always' ? 'records itself' : 'recorded on demand'}`;
  return element('div', { className: 'card' },
    element('h3', {}, element('code', { textContent: id })),
    element('p', { className: 'soft', textContent: `${people}, ${kind}` }),
    element('ul', {}, ...connections.map(person)),
    picturesOf(id),
    element('p', { className: 'buttons' },
      session.watched ? button('Stop watching', () => stopWatching(id)) : button('Watch', () => watch(id)),
      button('Rotate server', () => order({ event: 'serverRotation', session: id }))));
}
