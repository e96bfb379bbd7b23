const sessions = new Map();

function videoCodecs(side) {
  const names = side.getCapabilities('video').codecs.map(({ mimeType }) => mimeType.replace('video/', '').toUpperCase());
  return [...new Set(names)].filter((name) => ['VP8', 'VP9', 'H264'].includes(name));
}

const OT = Object.assign(new Emitter(), {
  properties: { version: 'localtok', apiURL: SERVER },
  Publisher,
  Subscriber,
  Session,
  Stream,
  Connection,

  /** `initSession(apiKey, sessionId)`, or `initSession(sessionId)`: the key is inside the session ID. */
  initSession(apiKey, sessionId) {
    const [key, id] = sessionId === undefined ? [undefined, apiKey] : [String(apiKey), sessionId];
    if (!sessions.has(id)) sessions.set(id, new Session(key, id));
    return sessions.get(id);
  },

  initPublisher(target, properties, completion) {
    const done = [target, properties, completion].find((each) => typeof each === 'function');
    const place = typeof target === 'function' ? undefined : target;
    const chosen = typeof properties === 'object' && properties ? { ...properties } : {};
    return new Publisher(place, chosen, done);
  },

  getDevices(completion) {
    navigator.mediaDevices.enumerateDevices().then((devices) => {
      const kinds = { audioinput: 'audioInput', videoinput: 'videoInput' };
      const inputs = devices.filter((device) => kinds[device.kind]);
      call(completion, OT, null, inputs.map(({ deviceId, label, kind }) => ({ deviceId, label, kind: kinds[kind] })));
    }, (error) => call(completion, OT, captureError(error)));
  },

  /** @returns {Promise<{deviceId: string, label: string, kind: string}[]>} */
  async getAudioOutputDevices() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    const outputs = devices.filter((device) => device.kind === 'audiooutput');
    return outputs.map(({ deviceId, label }) => ({ deviceId, label, kind: 'audioOutput' }));
  },

  /** Sends the sound of all subscribers, now and later, to this device. @param {string} deviceId */
  async setAudioOutputDevice(deviceId) {
    const devices = await OT.getAudioOutputDevices();
    if (!devices.some((device) => device.deviceId === deviceId)) {
      throw otError('OT_INVALID_PARAMETER', 'There is no such audio output device.');
    }
    loudspeaker = deviceId;
    const videos = [...sessions.values()].flatMap((session) => [...session._subscribers]).map((each) => each.video);
    await Promise.all(videos.filter(Boolean).map((video) => video.setSinkId(deviceId)));
  },

  async getActiveAudioOutputDevice() {
    const devices = await OT.getAudioOutputDevices();
    return devices.find((device) => device.deviceId === (loudspeaker || 'default')) || { deviceId: loudspeaker };
  },

  /** Lets sound be heard that the browser held back; call it from a click. */
  async unblockAudio() {
    const blocked = [...sessions.values()].flatMap((session) => [...session._subscribers]).filter((each) => each.isAudioBlocked());
    await Promise.all(blocked.map((subscriber) => subscriber._unblock()));
  },

  getUserMedia(properties = {}) {
    return capture(properties).then(({ audio, video }) => new MediaStream([audio, video].filter(Boolean)));
  },

  checkSystemRequirements() {
    return window.RTCPeerConnection && navigator.mediaDevices ? 1 : 0;
  },

  checkScreenSharingCapability(completion) {
    const supported = Boolean(navigator.mediaDevices && navigator.mediaDevices.getDisplayMedia);
    call(completion, OT, { supported, extensionRequired: undefined, extensionRegistered: undefined });
  },

  upgradeSystemRequirements() {},

  /** @returns {Promise<{videoEncoders: string[], videoDecoders: string[]}>} */
  async getSupportedCodecs() {
    return { videoEncoders: videoCodecs(RTCRtpSender), videoDecoders: videoCodecs(RTCRtpReceiver) };
  },

  /** Whether `applyVideoFilter` works, which it does not here. */
  hasMediaProcessorSupport() {
    return false;
  },

  hasEndToEndEncryptionSupport() {
    return false;
  },

  /** Tells handlers of `exception` what a completion handler hears, too. */
  _exception({ name, message, code }, target) {
    OT._fire('exception', { code, title: name, message, target });
  },

  setLogLevel(level) {
    logLevel = level;
  },

  log: (...what) => log(3, ...what),
});
for (const [name, level] of Object.entries({ NONE: 0, ERROR: 1, WARN: 2, INFO: 3, LOG: 3, DEBUG: 4 })) OT[name] = level;

// Said before the page goes, so that others see at once that it left and did not merely lose its network.
addEventListener('pagehide', () => {
  for (const session of sessions.values()) if (session._wire && session._wire.socket) session._wire.socket.close(1000);
});

Object.assign(window, { OT });
