// The `opentok` npm package against localtok: prints what each call gave, as JSON.
// Arguments: url, key, secret, session id with Ann connected and publishing, her connection and stream ids.
const OpenTok = require('opentok');
const errors = require('opentok/lib/errors');

const [url, key, secret, sessionId, connectionId, streamId] = process.argv.slice(2);

const typeOf = (error) => (Object.keys(errors).find((name) => error instanceof errors[name]) || error.constructor.name);
const outcome = (work) => new Promise((resolve) => {
  try {
    work((error, value) => resolve(error ? { error: typeOf(error), message: error.message } : { value }));
  } catch (error) {
    resolve({ error: typeOf(error), message: error.message });
  }
});

async function main() {
  const client = new OpenTok(key, secret, url);
  const call = (name, ...args) => outcome((done) => client[name](...args, done));
  const results = {};
  const session = await call('createSession', { mediaMode: 'routed' });
  results.session = session.value.sessionId;
  results.token = client.generateToken(session.value.sessionId, { role: 'moderator', data: 'Cy' });
  results.t1 = client.generateToken(session.value.sessionId, { role: 'moderator', data: 'Cy' }, true);
  const archive = (await call('startArchive', sessionId, { name: 'hearing', resolution: '1280x720' })).value;
  results.started = { name: archive.name, status: archive.status, resolution: archive.resolution };
  results.twice = (await call('startArchive', sessionId, {})).error;
  results.empty = (await call('startArchive', session.value.sessionId, {})).error;
  results.got = (await call('getArchive', archive.id)).value.id === archive.id;
  results.listed = (await call('listArchives', { sessionId })).value.map((each) => each.id);
  results.layout = (await call('setArchiveLayout', archive.id, 'bestFit', null, null)).error ?? 'set';
  results.undeletable = (await call('deleteArchive', archive.id)).error;
  results.stopped = (await call('stopArchive', archive.id)).value.status;
  results.nothing = (await call('getArchive', 'nothing')).error;
  results.streams = (await call('listStreams', sessionId)).value.map((each) => each.name);
  // getStream is left out: this version of the package parses the answer twice and fails on any JSON.
  results.signal = await call('signal', sessionId, null, { type: 'join', data: 'now' });
  results.signalOne = await call('signal', sessionId, connectionId, { type: 'one', data: '' });
  results.signalNobody = (await call('signal', sessionId, 'nobody', { type: 'a', data: 'b' })).error;
  results.mute = (await call('forceMuteStream', sessionId, streamId)).error ?? 'muted';
  results.muteAll = (await call('forceMuteAll', sessionId, { excludedStreams: [] })).error ?? 'muted';
  results.unmute = (await call('disableForceMute', sessionId)).error ?? 'muted no more';
  const focus = [{ id: streamId, layoutClassList: ['focus'] }];
  results.classes = (await call('setStreamClassLists', sessionId, focus)).value.items[0].layoutClassList;
  results.disconnect = await call('forceDisconnect', sessionId, connectionId);
  results.disconnectNobody = (await call('forceDisconnect', sessionId, 'nobody')).error;
  const stranger = new OpenTok(key, `${secret} but another`, url);
  results.stranger = (await outcome((done) => stranger.listArchives({}, done))).error;
  results.id = archive.id;
  console.log(JSON.stringify(results));
}

main().catch((error) => { console.error(error); process.exit(1); });
