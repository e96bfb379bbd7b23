// The `@vonage/video` npm package against localtok: prints what each call gave, as JSON.
// Arguments: url, application id, PEM text of its private key, session id with Ann connected and publishing, her
// connection and stream ids, PEM text of another private key.
const { Auth } = require('@vonage/auth');
const { MediaMode, Video } = require('@vonage/video');

const [url, applicationId, privateKey, sessionId, connectionId, streamId, otherKey] = process.argv.slice(2);
const DEADLINE_MS = 10_000;

// What a refusal is: the package's type of error, the status, and localtok's code.
async function refusal(promise) {
  try {
    await promise;
    return 'taken';
  } catch (error) {
    const { code } = await error.response.json();
    return [error.constructor.name, error.response.status, code];
  }
}

async function untilAvailable(video, archiveId) {
  const deadline = Date.now() + DEADLINE_MS;
  while ((await video.getArchive(archiveId)).status !== 'available') {
    if (Date.now() > deadline) throw new Error('the archive does not become available');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function record(video, results) {
  const archive = await video.startArchive(sessionId, { name: 'hearing', streamMode: 'manual' });
  results.started = [archive.name, archive.status, archive.streamMode];
  results.twice = await refusal(video.startArchive(sessionId));
  await video.addArchiveStream(archive.id, streamId, false, true);
  results.chosen = (await video.getArchive(archive.id)).streams.map((each) => [each.hasAudio, each.hasVideo]);
  await video.removeArchiveStream(archive.id, streamId);
  await video.updateArchiveLayout(archive.id, { type: 'pip' });
  results.undeletable = await refusal(video.deleteArchive(archive.id));
  results.stopped = (await video.stopArchive(archive.id)).status;
  await untilAvailable(video, archive.id);
  results.over = await refusal(video.stopArchive(archive.id));
  const listed = await video.searchArchives({ sessionId });
  results.listed = [listed.count, listed.items.length];
  await video.deleteArchive(archive.id);
  results.nothing = await refusal(video.getArchive('nothing'));
}

async function moderate(video, results) {
  await video.setStreamClassLists(sessionId, [{ id: streamId, layoutClassList: ['focus'] }]);
  results.streams = (await video.getStreamInfo(sessionId)).items.map((each) => each.name);
  results.classes = (await video.getStreamInfo(sessionId, streamId)).layoutClassList;
  await video.sendSignal({ type: 'a', data: 'b' }, sessionId);
  await video.sendSignal({ type: 'a', data: 'b' }, sessionId, connectionId);
  results.signalNobody = await refusal(video.sendSignal({ type: 'a', data: 'b' }, sessionId, 'nobody'));
  results.mute = (await video.muteStream(sessionId, streamId)).status;
  results.muteAll = (await video.forceMuteAll(sessionId, [streamId])).status;
  results.unmute = (await video.disableForceMute(sessionId)).status;
  await video.disconnectClient(sessionId, connectionId);
  results.disconnectNobody = await refusal(video.disconnectClient(sessionId, connectionId));
}

async function main() {
  const video = new Video(new Auth({ applicationId, privateKey }), { videoHost: url });
  const results = {};
  const relayed = await video.createSession({ mediaMode: MediaMode.RELAYED });
  results.relayed = [relayed.mediaMode, relayed.sessionId];
  results.token = video.generateClientToken(sessionId, { role: 'moderator', data: 'Cy' });
  await record(video, results);
  await moderate(video, results);
  const stranger = new Video(new Auth({ applicationId, privateKey: otherKey }), { videoHost: url });
  results.stranger = await refusal(stranger.searchArchives());
  console.log(JSON.stringify(results));
}

main().catch((error) => { console.error(error); process.exit(1); });
