// A server with the predecessor's HTTP contract: archives two sessions in turn through the npm package `opentok`.
// Settings, in the environment: the predecessor's own, and OPENTOK_API_URL and OPENTOK_SCRIPT_URL, which lead to
// another platform. Prints "listening" once it answers.
const http = require('node:http');
const util = require('node:util');
const OpenTok = require('opentok');
const { servePage } = require('./pages.cjs');

const { env } = process;
const opentok = new OpenTok(env.API_KEY, env.API_SECRET, env.OPENTOK_API_URL);
const call = (name, ...given) => util.promisify(opentok[name].bind(opentok))(...given);
const sleep = (name, otherwise) => new Promise((done) => setTimeout(done, 1000 * Number(env[name] ?? otherwise)));
const sessionIds = { primary: env.SESSION_ID_PRIMARY, secondary: env.SESSION_ID_SECONDARY };
const offsets = () => ({ primary: Number(env.PLAYER_OFFSET_PRIMARY ?? 0), secondary: Number(env.PLAYER_OFFSET_SECONDARY ?? 0) });

async function ensureSessions() {
  for (const type of Object.keys(sessionIds)) {
    if (!sessionIds[type]) sessionIds[type] = (await call('createSession', { mediaMode: 'routed' })).sessionId;
  }
}

function tokens() {
  const options = () => ({ role: 'publisher', expireTime: Math.floor(Date.now() / 1000) + 24 * 3600 });
  const token = (type) => opentok.generateToken(sessionIds[type], options());
  return { primary: token('primary'), secondary: token('secondary') };
}

function start(type, name) {
  return call('startArchive', sessionIds[type], {
    name, hasVideo: true, hasAudio: true, outputMode: 'composed', layout: { type: 'bestFit' }, resolution: '1280x720',
  });
}

function signal(type) {
  const data = { sessionType: 'secondary', sessionId: sessionIds.secondary };
  return call('signal', sessionIds.primary, null, { type, data });
}

async function restart(archiveId, name) {
  await signal('join');
  await sleep('SESSION_JOIN_DELAY', 5);
  const interim = await start('secondary', name);
  await sleep('SESSION_STOP_DELAY_PRIMARY', 1);
  await call('stopArchive', archiveId);
  const next = await start('primary', name);
  await sleep('SESSION_STOP_DELAY_SECONDARY', 1);
  await call('stopArchive', interim.id);
  await signal('leave');
  return next;
}

async function list(name) {
  const lists = await Promise.all(Object.values(sessionIds).map((sessionId) => call('listArchives', { sessionId })));
  const chosen = lists.flat().filter((archive) => !name || archive.name === name);
  return chosen.sort((one, other) => one.createdAt - other.createdAt);
}

async function bodyOf(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text ? JSON.parse(text) : {};
}

/** What the contract answers to `request`; undefined if it has no such call. */
async function answerTo(request) {
  const url = new URL(request.url, 'http://localhost');
  const [, archiveId, act] = /^\/archives\/([^/]+)\/(stop|restart|offset)$/.exec(url.pathname) ?? [];
  switch (`${request.method} ${act ? `/archives/:archiveId/${act}` : url.pathname}`) {
    case 'GET /apiKey': return { apiKey: env.API_KEY };
    case 'GET /sessionIds': return sessionIds;
    case 'GET /tokens': return tokens();
    case 'GET /archives': return list(url.searchParams.get('name'));
    case 'GET /archives/offset': return offsets();
    case 'GET /archives/:archiveId/offset': return offsets();
    case 'POST /archives': return start('primary', (await bodyOf(request)).sessionName);
    case 'POST /archives/:archiveId/stop': return call('stopArchive', archiveId);
    case 'POST /archives/:archiveId/restart': return restart(archiveId, (await bodyOf(request)).sessionName);
    default: return undefined;
  }
}

async function serve(request, response) {
  if (servePage(request, response, env.OPENTOK_SCRIPT_URL)) return;
  const answer = await answerTo(request);
  response.writeHead(answer === undefined ? 404 : 200, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(answer ?? { message: 'There is no such call.' }));
}

async function main() {
  await ensureSessions();
  const server = http.createServer((request, response) => {
    serve(request, response).catch((error) => {
      console.error(request.method, request.url, error);
      response.writeHead(500, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ message: error.message }));
    });
  });
  server.listen(Number(env.PORT), '127.0.0.1', () => console.log('listening'));
}

main().catch((error) => { console.error(error); process.exit(1); });
