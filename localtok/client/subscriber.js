class Subscriber extends Audible {
  constructor(session, stream, target, properties) {
    super();
    this.session = session;
    this.stream = stream;
    this.streamId = stream.id;
    this.properties = properties;
    this.id = this.widgetId = `OT_${uuid()}`;
    this.destroyed = false;
    this._peerId = uuid();
    this._media = new MediaStream();
    this._wanted = { audio: properties.subscribeToAudio !== false, video: properties.subscribeToVideo !== false };
    if (properties.insertDefaultUI !== false) {
      this.element = mount(target, properties, 'OT_subscriber', this.id);
      this.id = this.element.id;
    }
  }

  /** Resolves when the picture or sound arrives. */
  _open() {
    return new Promise((resolve, reject) => {
      this._settle = { resolve, reject };
      this._timer = setTimeout(() => this._failed('OT_TIMEOUT', 'The stream did not arrive in time.'), SUBSCRIBE_TIMEOUT_MS);
      this.session._wire.request('subscribe', { streamId: this.streamId, peer: this._peerId })
        .catch((error) => this._failed(error.name, error.message));
    });
  }

  _failed(name, message) {
    if (!this._settle) return;
    clearTimeout(this._timer);
    this._settle.reject(otError(name, message));
    this._settle = null;
  }

  async _relayed(from, body) {
    if (this.destroyed) return;
    if (!this._peer) this._peer = this._newPeer(from);
    const { pc } = this._peer;
    await takeRelayed(this._peer, body);
    if (body.type !== 'offer') return;
    await pc.setLocalDescription(await pc.createAnswer());
    this.session._relay(from, this._peerId, { type: 'answer', sdp: pc.localDescription.sdp });
  }

  _newPeer(from) {
    const pc = new RTCPeerConnection({ iceServers: [] });
    pc.onicecandidate = ({ candidate }) => candidate && this.session._relay(from, this._peerId, candidate.toJSON());
    pc.ontrack = ({ track }) => this._addTrack(track);
    pc.onconnectionstatechange = () => this._stateChanged(pc.connectionState);
    return { pc, waiting: [], from };
  }

  _addTrack(track) {
    track.enabled = this._wanted[track.kind];
    this._media.addTrack(track);
    if (track.kind === 'audio') this._handlersChanged();
    if (!this.video) this._show();
  }

  _audible() {
    return this._media.getAudioTracks()[0] || null;
  }

  _show() {
    this.video = newVideo(this.properties, false);
    this.video.addEventListener('resize', () => this._resized());
    this.video.srcObject = this._media;
    if (loudspeaker) useLoudspeaker(this.video);
    this.setAudioVolume(this.properties.audioVolume ?? 100);
    if (this.element) this.element.append(this.video);
    this._fire('videoElementCreated', { element: this.video });
    // Without a gesture a browser may refuse sound: the picture then plays without it.
    this.video.play().catch(() => {
      if (this.destroyed) return;
      this.video.muted = true;
      this.video.play().catch((error) => log(3, 'play', error.message));
      this._fire('audioBlocked');
    });
  }

  _resized() {
    const [oldValue, newValue] = [this._size, { width: this.video.videoWidth, height: this.video.videoHeight }];
    this._size = newValue;
    if (oldValue) this._fire('videoDimensionsChanged', { oldValue, newValue });
  }

  _stateChanged(state) {
    if (state === 'connected') {
      clearTimeout(this._timer);
      this._fire(this._wasConnected ? 'connected' : 'loaded');
      if (!this._wasConnected) this._fire('connected');
      this._wasConnected = true;
      if (this._settle) this._settle.resolve();
      this._settle = null;
    } else if (state === 'disconnected') {
      this._fire('disconnected');
    }
  }

  subscribeToAudio(value) {
    return this._want('audio', value);
  }

  subscribeToVideo(value) {
    this._want('video', value);
    this._fire(value ? 'videoEnabled' : 'videoDisabled', { reason: 'subscribeToVideo' }, true);
    return this;
  }

  _want(kind, value) {
    this._wanted[kind] = Boolean(value);
    for (const track of this._media.getTracks()) if (track.kind === kind) track.enabled = this._wanted[kind];
    return this;
  }

  setAudioVolume(value) {
    this._volume = Math.max(0, Math.min(100, Number(value)));
    if (this.video) this.video.volume = this._volume / 100;
    return this;
  }

  getAudioVolume() {
    return this._volume ?? 100;
  }

  async _unblock() {
    this.video.muted = false;
    await this.video.play();
    this._fire('audioUnblocked');
  }

  isAudioBlocked() {
    return Boolean(this.video && this.video.muted);
  }

  getImgData(completion) {
    const data = picture(this.video);
    if (completion) call(completion, this, data ? null : otError('OT_NOT_CONNECTED', 'There is no picture yet.'), data);
    return data;
  }

  videoWidth() {
    return this.video ? this.video.videoWidth : undefined;
  }

  videoHeight() {
    return this.video ? this.video.videoHeight : undefined;
  }

  getStats(completion) {
    const report = this._peer ? this._peer.pc.getStats() : Promise.resolve(new Map());
    report.then((entries) => call(completion, this, null, receivedStats(entries)), (error) => call(completion, this, error));
  }

  async getRtcStatsReport() {
    return this._peer ? this._peer.pc.getStats() : new Map();
  }

  setStyle() {
    return this;
  }

  restrictFrameRate() {
    return this;
  }

  setPreferredResolution() {
    return this;
  }

  setPreferredFrameRate() {
    return this;
  }

  _dispose(error) {
    if (this.destroyed) return;
    this.destroyed = true;
    this._failed(error || 'OT_STREAM_DESTROYED', 'The stream ended before it arrived.');
    this._levels.stop();
    if (this._peer) {
      this.session._relay(this._peer.from, this._peerId, { type: 'bye' });
      this._peer.pc.close();
    }
    if (this.video) this.video.srcObject = null;
    if (this.element) this.element.remove();
    this._fire('destroyed', { reason: error ? 'streamDestroyed' : 'unsubscribed' });
  }
}
