/** Where a publisher's sound and picture come from: devices, screens, tracks of the page, and what changes them. */
class Sources extends Sender {
  /** @param {Record<string, any>} properties */
  constructor(properties) {
    super();
    this._properties = properties;
    this._wants = { audio: properties.publishAudio !== false, video: properties.publishVideo !== false };
    /** The tracks as they were captured or given. @type {Tracks} */
    this._captured = { audio: null, video: null };
    /** @type {string | null} */
    this._videoKind = null;
    /** The camera's, also while it is released. @type {string | null} */
    this._deviceId = null;
    this._connectors = { audio: new Processing((track) => this._put(track)), video: new Processing((track) => this._put(track)) };
    this.publishAudio = promising((value) => this._publishAudio(value), async (value) => this._publishedAudio(value));
    this.publishVideo = promising((value, completion) => {
      quiet(settled(this._toggleVideo(value), completion));
      return this;
    }, (value) => quiet(this._toggleVideo(value)));
  }

  /** Hears of every change of what is published; each kind of emitter has its own. */
  _changed() {}

  /** @param {Tracks} tracks */
  _begin(tracks) {
    this._media = new MediaStream();
    this._videoKind = tracks.video && videoKind(this._properties);
    for (const kind of /** @type {const} */ (['audio', 'video'])) {
      if (tracks[kind]) this._capture(kind, tracks[kind]);
    }
    if (!this._wants.video) this._release();
  }

  /** Takes a track as the source of its kind. @param {'audio' | 'video'} kind @param {MediaStreamTrack} track */
  _capture(kind, track) {
    this._captured[kind] = track;
    track.enabled = this._wants[kind];
    track.addEventListener('ended', () => this._ended(kind, track));
    if (kind === 'video' && this._videoKind === 'camera') this._deviceId = track.getSettings().deviceId || null;
    this._put(track, kind);
  }

  /** Shows and sends this track instead of the one before. @param {MediaStreamTrack} track */
  async _put(track, kind = track.kind) {
    const old = kind === 'audio' ? this._media.getAudioTracks()[0] : this._media.getVideoTracks()[0];
    if (old && old !== track) this._media.removeTrack(old);
    track.enabled = this._wants[kind];
    this._media.addTrack(track);
    if (kind === 'audio') this._handlersChanged();
    await this._resend(track);
  }

  /** Ends before the next task in both kinds are one end: of the whole publisher. */
  async _ended(kind, track) {
    await new Promise((resolve) => { setTimeout(resolve); });
    if (!this._media || this._captured[kind] !== track) return;
    const all = Object.values(this._captured).every((each) => !each || each.readyState === 'ended');
    const event = this._dispatch(new MediaStoppedEvent(this, all ? undefined : track));
    if (kind === 'video') this._changed();
    if (all && !event.isDefaultPrevented()) this._stopped();
  }

  /** All media has ended. */
  _stopped() {}

  _hasVideo() {
    const { video } = this._captured;
    return this._videoKind !== null && this._wants.video && Boolean(video) && video.readyState === 'live';
  }

  // -- on and off --

  _publishAudio(value) {
    this._wants.audio = Boolean(value);
    for (const track of [this._captured.audio, this._output('audio')]) if (track) track.enabled = this._wants.audio;
    this._changed();
    return this;
  }

  _publishedAudio(value) {
    this._publishAudio(value);
    if (!this.session) throw new Error('Sound is published in a session only: publish first.');
  }

  /** Changes of the camera follow one another; a value that it already has changes nothing. @param {any} value @returns {Promise<void>} */
  async _toggleVideo(value) {
    if (this._wants.video === Boolean(value)) return;
    this._wants.video = Boolean(value);
    this._changed();
    if (!this._media.getVideoTracks().length) throw notSupported('publishVideo: there is no video source.');
    this._switching = (this._switching || Promise.resolve()).catch(() => {}).then(() => this._followWish());
    await this._switching;
  }

  async _followWish() {
    if (!this._media) return;
    if (!this._wants.video) this._release();
    else if (this._captured.video) await this._put(this._captured.video);
    else await this._openCamera(this._deviceId);
    this._changed();
  }

  /** A camera is given back, so that its light goes off; other sources are only disabled. */
  _release() {
    const { video } = this._captured;
    if (!video) return;
    video.enabled = false;
    if (this._videoKind !== 'camera') return;
    this._captured.video = null;
    this._put(blackTrack(dimensionsOf(video)));
    video.stop();
  }

  async _openCamera(deviceId) {
    const before = this._captured.video;
    const { video } = await capture({ ...this._properties, constraints: undefined, audioSource: null, videoSource: deviceId || true });
    if (!this._media || (before === null && !this._wants.video)) {
      video.stop();
      return;
    }
    this._capture('video', video);
    if (before) before.stop();
  }

  // -- other sources --

  /** @returns {{deviceId: string | null, type: string | null, track: MediaStreamTrack | null}} */
  getVideoSource() {
    const type = this._media ? this._videoKind : null;
    return { deviceId: this._deviceId, type, track: type && this._hasVideo() ? this._output('video') : null };
  }

  /** @returns {MediaStreamTrack | null} */
  getAudioSource() {
    return this._media ? this._captured.audio : null;
  }

  /** @param {any} source the id of a camera @returns {Promise<undefined>} */
  setVideoSource(source) {
    return quiet((async () => {
      if (!this._media || this._videoKind !== 'camera') {
        throw otError('OT_SET_VIDEO_SOURCE_FAILURE', 'The video source of this publisher is not a camera.', 1040);
      }
      if (!(await cameras()).includes(source)) {
        throw otError('OT_INVALID_VIDEO_SOURCE', 'A video source is the id of a camera of this machine.', 1041);
      }
      if (source !== this._deviceId) await this._changeCamera(source);
      return undefined;
    })());
  }

  async _changeCamera(deviceId) {
    if (this._wants.video) await this._openCamera(deviceId);
    else this._deviceId = deviceId;
    this._changed();
  }

  /** Goes on to the next camera. @returns {Promise<{deviceId: string}>} */
  cycleVideo() {
    return quiet((async () => {
      if (!this._media.getVideoTracks().length) throw notSupported('cycleVideo: there is no video source.');
      if (this._videoKind !== 'camera') throw notSupported('cycleVideo: the video source is not a camera.');
      const all = await cameras();
      const deviceId = all[(all.indexOf(this._deviceId) + 1) % all.length];
      await this.setVideoSource(deviceId);
      return { deviceId };
    })());
  }

  /** @param {any} source the id of a microphone, or a track @returns {Promise<undefined>} */
  setAudioSource(source) {
    return quiet((async () => {
      if (!this.getAudioSource()) throw notSupported('setAudioSource: this publisher began without an audio source.');
      if (!isTrack(source) && typeof source !== 'string') {
        throw otError('OT_INVALID_PARAMETER', 'An audio source is the id of a microphone, or a MediaStreamTrack.', null);
      }
      const asked = { ...this._properties, constraints: undefined, videoSource: null, audioSource: source };
      const old = this._captured.audio;
      this._capture('audio', (await capture(asked)).audio);
      if (old !== this._captured.audio) old.stop();
      this._changed();
      return undefined;
    })());
  }

  // -- processing --

  /** @param {any} connector @returns {Promise<void>} */
  setVideoMediaProcessorConnector(connector) {
    return quiet((async () => {
      if (this._connectors.video.isIdle(connector ?? null)) return;
      if (this._media.getVideoTracks().length) await this._connectors.video.use(connector ?? null, this._captured.video);
    })());
  }

  /** @param {any} connector @returns {Promise<void>} */
  setAudioMediaProcessorConnector(connector) {
    return quiet((async () => {
      if (this._connectors.audio.isIdle(connector ?? null)) return;
      await this._connectors.audio.use(connector ?? null, this._media.getAudioTracks().length ? this._captured.audio : undefined);
    })());
  }

  _end() {
    for (const connector of Object.values(this._connectors)) connector.stop();
    for (const track of [...Object.values(this._captured), ...(this._media ? this._media.getTracks() : [])]) if (track) track.stop();
    this._media = null;
  }
}

/** @param {string} message */
function notSupported(message) {
  return otError('OT_NOT_SUPPORTED', message, null);
}

/** Calls back with the outcome of a promise. @param {Promise<any>} promise @param {any} completion */
async function settled(promise, completion) {
  try {
    await promise;
  } catch (error) {
    guarded(completion, error);
    return;
  }
  guarded(completion);
}

async function cameras() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter(({ kind }) => kind === 'videoinput').map(({ deviceId }) => deviceId);
}

/** @param {MediaStreamTrack} track */
function dimensionsOf(track) {
  const { width = 640, height = 480 } = track.getSettings();
  return { width: Math.round(width), height: Math.round(height) };
}
