/** The peer by which one stream of another page arrives. */
class Receiver extends Metered {
  /** @param {Session} session @param {Stream} stream @param {OT.SubscriberProperties} properties */
  constructor(session, stream, properties) {
    super();
    this.session = session;
    this.stream = stream;
    this._properties = properties;
    this._destroyed = false;
    /** @type {HTMLVideoElement | undefined} */
    this._video = undefined;
    this._peerId = uuid();
    this._media = new MediaStream();
    this._volume = properties.audioVolume ?? 100;
    this._wanted = { audio: properties.subscribeToAudio !== false, video: properties.subscribeToVideo !== false };
    /** Tracks as they arrive, by kind. @type {Record<string, MediaStreamTrack | undefined>} */
    this._arrived = {};
    const processing = (kind) => new Processing((track) => this._exchange(kind, track));
    this._processing = { audio: processing('audio'), video: processing('video') };
    const { preferredFrameRate, preferredResolution } = properties;
    /** What the publisher is asked to send. */
    this._preferred = { frameRate: preferredFrameRate ?? null, resolution: preferredResolution ?? null, restricted: false };
  }

  /** Resolves when the picture or sound arrives. */
  _open() {
    const own = this.session.getPublisherForStream(this.stream);
    if (own && !this._properties.testNetwork) return this._mirror(own);
    return new Promise((resolve, reject) => {
      this._settle = { resolve, reject };
      this._timer = setTimeout(() => this._failed('OT_TIMEOUT', 'The stream did not arrive in time.'), SUBSCRIBE_TIMEOUT_MS);
      this.session._wire.request('subscribe', { streamId: this.stream.id, peer: this._peerId })
        .catch((error) => this._failed(error.name, error.message));
    });
  }

  /** Shows a stream of this page as it is sent, without the network. @param {Publisher} publisher */
  async _mirror(publisher) {
    for (const track of publisher._media.getTracks()) this._addTrack(track.clone());
    this._arrivedWhole();
  }

  _failed(name, message) {
    if (!this._settle) return;
    clearTimeout(this._timer);
    this._settle.reject(otError(name, message));
    this._settle = null;
  }

  _send(to, body) {
    this.session._relay(to, this._peerId, { ...body, fromReceiver: true });
  }

  async _relayed(from, body) {
    if (this._destroyed) return;
    if (!this._peer) this._peer = this._newPeer(from);
    const { pc } = this._peer;
    await takeRelayed(this._peer, body);
    if (body.type !== 'offer') return;
    await pc.setLocalDescription(await pc.createAnswer());
    this._send(from, { type: 'answer', sdp: pc.localDescription.sdp });
  }

  _newPeer(from) {
    const pc = new RTCPeerConnection(this.session._rtcConfiguration());
    pc.onicecandidate = ({ candidate }) => candidate && this._send(from, candidate.toJSON());
    const { _cipher: cipher } = this.session;
    pc.ontrack = ({ track, receiver }) => {
      decryptReceiver(cipher, receiver, (fits) => this._secretFits(fits));
      this._addTrack(track);
    };
    pc.onconnectionstatechange = () => this._stateChanged(pc.connectionState);
    return { pc, waiting: [], from };
  }

  _secretFits(fits) {
    if (this._fits === fits) return;
    this._fits = fits;
    this._fire(fits ? 'encryptionSecretMatch' : 'encryptionSecretMismatch');
  }

  _addTrack(track) {
    this._arrived[track.kind] = track;
    this._exchange(track.kind, track);
    if (!this._video) this._show();
  }

  /** Makes the video element of what arrives. */
  _show() {}

  /** Shows this track instead of the one of its kind that was shown before. */
  _exchange(kind, track) {
    for (const old of this._media.getTracks()) if (old.kind === kind) this._media.removeTrack(old);
    track.enabled = this._wanted[kind];
    this._media.addTrack(track);
    if (kind === 'audio') this._handlersChanged();
    this._changed();
  }

  /** Called when what is shown or wanted has changed. */
  _changed() {}

  _audible() {
    return this._media.getAudioTracks()[0] || null;
  }

  _stateChanged(state) {
    if (state === 'connected') this._arrivedWhole();
    else if (state === 'disconnected') this._fire('disconnected');
  }

  _arrivedWhole() {
    clearTimeout(this._timer);
    const first = !this._wasConnected;
    this._wasConnected = true;
    if (first && this._widget) this._widget.loaded();
    if (first) this._fire('loaded');
    this._fire('connected');
    if (this._settle) this._settle.resolve();
    this._settle = null;
    if (first) this._askPublisher();
  }

  _want(kind, value) {
    this._wanted[kind] = Boolean(value);
    for (const track of this._media.getTracks()) if (track.kind === kind) track.enabled = this._wanted[kind];
    this._changed();
    return this;
  }

  // -- what the publisher sends --

  _restrict(value) {
    this._preferred.restricted = Boolean(value);
    this._askPublisher();
    return this;
  }

  /** @param {number} frameRate frames a second at most @returns {Promise<void>} */
  setPreferredFrameRate(frameRate) {
    return quiet((async () => {
      if (!Number.isInteger(frameRate) || frameRate < 1) throw new Error('A frame rate is an integer of 1 or more.');
      this._preferred.frameRate = frameRate;
      this._askPublisher();
    })());
  }

  /** @param {any} resolution {width, height}, or 'auto' @returns {Promise<void>} */
  setPreferredResolution(resolution) {
    return quiet((async () => {
      if (resolution !== 'auto' && !isResolution(resolution)) throw new Error('A resolution has a positive width and height.');
      this._preferred.resolution = resolution;
      this._askPublisher();
    })());
  }

  /** Each receiver has a peer of its own, so that its preferences affect no other receiver. */
  _askPublisher() {
    const { frameRate, resolution, restricted } = this._preferred;
    const asked = { type: 'prefer', frameRate: restricted ? 1 : frameRate, resolution: resolution === 'auto' ? null : resolution };
    const changed = JSON.stringify(asked) !== (this._asked || '{"type":"prefer","frameRate":null,"resolution":null}');
    if (!this._peer || !changed) return;
    this._asked = JSON.stringify(asked);
    this._send(this._peer.from, asked);
  }

  // -- processing --

  /** @param {any} connector @returns {Promise<void>} */
  setAudioMediaProcessorConnector(connector) {
    return quiet(this._processing.audio.use(connector, this._arrived.audio));
  }

  /** @param {any} connector @returns {Promise<void>} */
  setVideoMediaProcessorConnector(connector) {
    return quiet(this._processing.video.use(connector, this._arrived.video));
  }

  // -- statistics --

  /** @param {(error?: any, stats?: any) => void} [completion] @returns {Promise<OT.SubscriberStats>} */
  getStats(completion) {
    return quiet((async () => {
      let stats;
      try {
        const report = await this.getRtcStatsReport();
        stats = receivedStats(report, this._lastStats);
        this._lastStats = stats;
      } catch (error) {
        finish(completion, error);
        throw error;
      }
      finish(completion, undefined, stats);
      return stats;
    })());
  }

  /** @returns {Promise<Map<string, any>>} */
  getRtcStatsReport() {
    const connected = this._peer && this._peer.pc.connectionState === 'connected';
    const missing = () => otError('OT_PEER_CONNECTION_NOT_CONNECTED', 'The stream has not arrived yet.');
    // The browser's report reads like a Map.
    return connected ? /** @type {Promise<any>} */ (this._peer.pc.getStats()) : quiet(Promise.reject(missing()));
  }

  /** Ends the peer, and sends the publisher a `bye`. */
  _close() {
    this._failed('OT_STREAM_DESTROYED', 'The stream ended before it arrived.');
    this._levels.stop();
    Object.values(this._processing).forEach((each) => each.stop());
    Object.values(this._arrived).forEach((track) => track && track.stop());
    if (!this._peer) return;
    this._send(this._peer.from, { type: 'bye' });
    this._peer.pc.close();
  }
}

function isResolution(resolution) {
  return [resolution && resolution.width, resolution && resolution.height].every((each) => Number.isInteger(each) && each > 0);
}
