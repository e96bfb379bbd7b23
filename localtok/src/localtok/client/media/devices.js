/** Devices, screens and codecs of this browser. */

/** @returns {Promise<{deviceId: string, label: string, kind: 'audioInput' | 'videoInput'}[]>} */
async function inputDevices() {
  const kinds = { audioinput: 'audioInput', videoinput: 'videoInput' };
  const inputs = (await navigator.mediaDevices.enumerateDevices()).filter((device) => kinds[device.kind]);
  return inputs.map(({ deviceId, label, kind }) => ({ deviceId, label, kind: kinds[kind] }));
}

/** @returns {Promise<{deviceId: string, label: string}[]>} */
async function outputDevices() {
  const outputs = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === 'audiooutput');
  return outputs.map(({ deviceId, label }) => ({ deviceId, label }));
}

/** Sends the sound of all subscribers, now and later, to this device. @param {string} deviceId */
async function chooseOutput(deviceId) {
  if (!(await outputDevices()).some((device) => device.deviceId === deviceId)) {
    throw otError('OT_INVALID_AUDIO_OUTPUT_SOURCE', 'There is no such audio output device.');
  }
  loudspeaker = deviceId;
  const videos = OT.subscribers.map((subscriber) => subscriber._video);
  await Promise.all(videos.filter(Boolean).map((video) => video.setSinkId(deviceId)));
}

/** @returns {Promise<{deviceId: string, label: string | null}>} */
async function activeOutput() {
  const chosen = loudspeaker || 'default';
  return (await outputDevices()).find(({ deviceId }) => deviceId === chosen) || { deviceId: loudspeaker, label: null };
}

/** What can be shared. Extensions are of the past: browsers share screens themselves. */
function screenSharing() {
  const supported = Boolean(navigator.mediaDevices && navigator.mediaDevices.getDisplayMedia);
  return {
    supported,
    supportedSources: { application: false, browser: supported, screen: supported, window: supported },
    extensionInstalled: undefined,
    extensionRegistered: undefined,
    extensionRequired: undefined,
  };
}

/** @returns {('H264' | 'VP8' | 'VP9')[]} */
function videoCodecs(side) {
  const names = side.getCapabilities('video').codecs.map(({ mimeType }) => mimeType.replace('video/', '').toUpperCase());
  return /** @type {const} */ (['VP8', 'H264', 'VP9']).filter((name) => names.includes(name));
}
