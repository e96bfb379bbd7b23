/** The version of the vendor's library that this one stands in for. */
const VERSION = 'v2.35.2';

/** @type {Collection<Session>} */
const sessions = new Collection();
/** Those that are not destroyed. @type {Collection<Publisher>} */
const publishers = new Collection();
/** Subscribers of all sessions, in the vendor's form. */
const subscribers = () => sessions.map((session) => [...session._subscribers]).flat();

/** @type {string | undefined} */
let proxyUrl;

/** One URL for everything: localtok serves all of it. They are not listed as keys, as with the vendor's. */
function properties() {
  const urls = ['websiteURL', 'cdnURL', 'loggingURL', 'apiURL', 'cdnURLSSL', 'loggingURLSSL', 'apiURLSSL', 'assetURL', 'vonageAPIURL'];
  const values = {
    version: VERSION,
    buildHash: 'localtok',
    minimumVersion: { chrome: 97, firefox: 104 },
    debug: false,
    supportSSL: true,
    ...Object.fromEntries(urls.map((name) => [name, SERVER])),
  };
  const hidden = Object.entries(values).map(([name, value]) => [name, { value, enumerable: false, writable: true }]);
  return Object.defineProperties({}, Object.fromEntries(hidden));
}

const OT = Object.assign(new Emitter(), LEVELS, {
  properties: properties(),
  APIKEY: '',
  HAS_REQUIREMENTS,
  NOT_HAS_REQUIREMENTS,
  ExceptionCodes: EXCEPTION_CODES,
  Error: OTErrorClass,
  Event: OTEvent,
  ...{ Archive, Capabilities, Connection, Publisher, Session, Stream, Subscriber },
  ...{ ArchiveEvent, AudioInputDeviceChangedEvent, AudioLevelUpdatedEvent, ConnectionEvent, CpuPerformanceChangedEvent },
  ...{ DestroyedEvent, ExceptionEvent, MediaStoppedEvent, MediaStreamAvailableEvent, MuteForcedEvent, SessionConnectEvent },
  ...{ SessionDisconnectEvent, SignalEvent, StreamEvent, StreamPropertyChangedEvent, VideoDimensionsChangedEvent },
  ...{ VideoDisableWarningEvent, VideoEnabledChangedEvent },
  sessions,
  publishers,

  get subscribers() {
    const all = new Collection();
    subscribers().forEach((subscriber) => all.add(subscriber));
    return all;
  },

  /** @param {number} code */
  getErrorTitleByCode(code) {
    return TITLES[code];
  },

  /**
   * `initSession(apiKey, sessionId)`, or the older `initSession(sessionId)`, whose key comes with `connect`. The same
   * id has the same session, with the key and options of the first call.
   * @param {any} [apiKey] @param {any} [sessionId] @param {any} [options]
   * @returns {Session}
   */
  initSession(apiKey, sessionId, options) {
    const old = sessionId === undefined || sessionId === null;
    const [key, id] = old ? [undefined, apiKey ?? null] : [apiKey, sessionId];
    const known = id ? sessions.get(id) : undefined;
    if (known) return known;
    const session = new Session(key, id, options);
    sessions.add(session);
    return session;
  },

  initPublisher,

  /** @param {(error?: any, devices?: any[]) => void} [completion] @returns {Promise<OT.Device[]>} */
  getDevices(completion) {
    return quiet((async () => {
      const devices = await inputDevices();
      finish(completion, undefined, devices);
      return devices;
    })());
  },

  getAudioOutputDevices: () => outputDevices(),

  /** @param {string} deviceId @returns {Promise<void>} */
  setAudioOutputDevice: (deviceId) => quiet(chooseOutput(deviceId)),

  getActiveAudioOutputDevice: () => activeOutput(),

  /** Lets sound be heard that the browser held back; call it from a click. @returns {Promise<any>} */
  unblockAudio() {
    const blocked = subscribers().filter((each) => each.isAudioBlocked());
    return quiet(Promise.all(blocked.map((subscriber) => subscriber._unblock())));
  },

  /** @param {OT.GetUserMediaProperties} [properties] @returns {Promise<MediaStream>} */
  getUserMedia(properties) {
    const tracks = capture(Object(properties) === properties ? properties : {});
    return quiet(tracks.then(({ audio, video }) => new MediaStream([audio, video].filter(Boolean))));
  },

  checkSystemRequirements: () => requirements(),

  upgradeSystemRequirements() {
    showRequirements();
  },

  /** @param {(response: any) => void} [completion] @returns {Promise<OT.ScreenSharingCapabilityResponse>} */
  checkScreenSharingCapability(completion) {
    return quiet((async () => {
      const found = screenSharing();
      if (completion) completion(found);
      return found;
    })());
  },

  /** @param {string} kind @param {string} [id] @param {number} [version] */
  registerScreenSharingExtension(kind, id, version) {
    if (!['chrome', 'firefox'].includes(kind)) throw new Error(`There are no screen-sharing extensions of the kind ${kind}.`);
    log(LEVELS.DEBUG, 'this browser needs no extension', id, version);
  },

  async getSupportedCodecs() {
    return { videoEncoders: videoCodecs(RTCRtpSender), videoDecoders: videoCodecs(RTCRtpReceiver) };
  },

  /** Whether media processor connectors work. */
  hasMediaProcessorSupport: promising((mediaType = 'both') => canProcess(mediaType), async (mediaType = 'both') => canProcess(mediaType)),

  hasEndToEndEncryptionSupport: () => canEncrypt(),

  /** Taken once, before the first session; nothing goes through it, as pages reach localtok directly. @param {string} url */
  setProxyUrl(url) {
    const fault = sessions.length() ? ['OT_PROXY_URL_TIMING_ERROR', 'Set the proxy before the first session.']
      : proxyUrl !== undefined ? ['OT_PROXY_URL_ALREADY_SET', 'The proxy is already set.'] : null;
    if (fault) report(otError(fault[0], fault[1]), {});
    else proxyUrl = url;
  },

  /** @param {(error?: any, id?: string) => void} [completion] @returns {Promise<string>} an id that leads nowhere */
  reportIssue(completion) {
    return quiet((async () => {
      // The handler is never called before this call has returned.
      await null;
      const connected = sessions.find((session) => session.isConnected());
      try {
        if (!connected) throw new Error('no session is connected');
        await connected._wire.request('ping');
      } catch (cause) {
        const error = otError('OT_REPORT_ISSUE_FAILED', `The issue cannot be reported: ${cause.message}.`);
        finish(completion, error);
        throw error;
      }
      const id = uuid();
      finish(completion, undefined, id);
      return id;
    })());
  },

  /** @param {number} level @returns {number} the level from now on */
  setLogLevel(level) {
    logLevel = Object.values(LEVELS).includes(level) ? level : LEVELS.WARN;
    return logLevel;
  },

  .../** @type {Record<'error' | 'warn' | 'info' | 'log' | 'debug', (...what: any[]) => void>} */ (
    Object.fromEntries(['error', 'warn', 'info', 'log', 'debug'].map((name) => (
      [name, (...what) => log(LEVELS[name.toUpperCase()], ...what)])))),
});

/** Tracks can be replaced wherever there are transceivers. @param {string} mediaType */
function canProcess(mediaType) {
  log(LEVELS.SPAM, 'media processors', mediaType);
  return typeof RTCRtpSender !== 'undefined' && 'replaceTrack' in RTCRtpSender.prototype;
}

// Said before the page goes, so that others see at once that it left and did not merely lose its network.
addEventListener('pagehide', () => {
  sessions.forEach((session) => { if (session._wire && session._wire.socket) session._wire.socket.close(1000); });
});

Object.defineProperties(OT, { version: { value: VERSION } });
Object.assign(window, { OT, TB: OT });
