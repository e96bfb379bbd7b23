class Publisher extends Sender {
  constructor(target, properties, completion) {
    super(properties);
    this.id = this.guid = `OT_${uuid()}`;
    /** @type {any} */
    this.stream = null;
    this.wants = { audio: properties.publishAudio !== false, video: properties.publishVideo !== false };
    this.hint = properties.videoContentHint || '';
    this.accessAllowed = false;
    this.destroyed = false;
    if (properties.insertDefaultUI !== false) {
      this.element = mount(target, properties, 'OT_publisher', this.id);
      this.id = this.element.id;
    }
    this._ready = Promise.resolve().then(() => this._open());
    complete(this._ready, completion, this);
  }

  async _open() {
    const { audioSource, videoSource } = this.properties;
    if ((audioSource === null || audioSource === false) && (videoSource === null || videoSource === false)) {
      throw otError('OT_NO_VALID_CONSTRAINTS', 'audioSource and videoSource cannot both be off.');
    }
    const tracks = await this._asked(capture(this.properties));
    if (this.destroyed) {
      Object.values(tracks).forEach((track) => track && track.stop());
      throw otError('OT_STREAM_DESTROYED', 'The publisher was destroyed before it was ready.');
    }
    for (const kind of ['audio', 'video']) this._use(kind, tracks[kind]);
    this.accessAllowed = true;
    this._fire('accessAllowed');
    this._show();
  }

  /** Waits for the answer to the browser's question, and tells the page when there is one to be seen. */
  async _asked(opening) {
    let opened = false;
    const timer = setTimeout(() => { opened = true; this._fire('accessDialogOpened', {}, true); }, DIALOG_AFTER_MS);
    try {
      return await opening;
    } catch (error) {
      if (error.name === 'OT_USER_MEDIA_ACCESS_DENIED') this._fire('accessDenied', {}, true);
      throw error;
    } finally {
      clearTimeout(timer);
      if (opened) this._fire('accessDialogClosed');
    }
  }

  _use(kind, track) {
    this.tracks[kind] = track;
    if (!track) return;
    track.enabled = this.wants[kind];
    if (kind === 'audio') this._handlersChanged();
    else track.contentHint = this.hint;
    track.addEventListener('ended', () => this._trackEnded(kind, track));
  }

  _trackEnded(kind, track) {
    if (this.destroyed || this.tracks[kind] !== track) return;
    this._fire('mediaStopped', { track });
    if (kind === 'video' && this.session) this.session._withdraw(this, 'mediaStopped');
  }

  _show() {
    const screen = SCREENS.includes(this.properties.videoSource);
    const mirrored = this.properties.mirror ?? (!screen && !isTrack(this.properties.videoSource));
    this.video = newVideo(this.properties, mirrored);
    this.video.muted = true;
    this._preview();
    if (this.element) this.element.append(this.video);
    this._fire('videoElementCreated', { element: this.video });
    this.video.play().catch((error) => log(3, 'preview', error));
  }

  _preview() {
    if (this.video) this.video.srcObject = new MediaStream(this.tracks.video ? [this.tracks.video] : []);
  }

  // -- what a page calls --

  publishAudio(value) {
    this._want('audio', value);
    return this;
  }

  publishVideo(value) {
    this._want('video', value);
    return this;
  }

  _want(kind, value) {
    this.wants[kind] = Boolean(value);
    if (this.tracks[kind]) this.tracks[kind].enabled = this.wants[kind];
    this._report();
  }

  /** A moderator or the server has muted this stream; the page may unmute it. */
  _muteForced() {
    this.publishAudio(false);
    this._fire('muteForced', {}, true);
  }

  /** Tells the server, and so everybody else, what is published now. */
  _report() {
    if (!this.session || !this.stream) return;
    this.session._wire.request('update', { streamId: this.stream.id, ...this._state() })
      .catch((error) => log(2, 'update', error.message));
  }

  _state() {
    const settings = this.tracks.video ? this.tracks.video.getSettings() : {};
    return {
      hasAudio: Boolean(this.tracks.audio) && this.wants.audio,
      hasVideo: Boolean(this.tracks.video) && this.wants.video,
      videoDimensions: { width: Math.round(settings.width || 0), height: Math.round(settings.height || 0) },
      frameRate: settings.frameRate || 0,
    };
  }

  setVideoSource(source) {
    return this._replace('video', 'videoSource', source);
  }

  setAudioSource(source) {
    return this._replace('audio', 'audioSource', source);
  }

  async _replace(kind, property, source) {
    await this._ready;
    const other = kind === 'video' ? { audioSource: null } : { videoSource: null };
    const properties = { ...this.properties, ...other, [property]: source };
    const track = source === null || source === false ? null : (await capture(properties))[kind];
    if (this.destroyed) {
      if (track) track.stop();
      throw otError('OT_STREAM_DESTROYED', 'The publisher has been destroyed.');
    }
    const old = this.tracks[kind];
    this.properties[property] = source;
    this._use(kind, track);
    await Promise.all([...this._peers.values()].map((peer) => this._replaceOn(peer, kind, track)));
    if (old) old.stop();
    if (kind === 'video') this._preview();
    this._report();
  }

  _replaceOn({ pc }, kind, track) {
    const transceiver = pc.getTransceivers().find((each) => each.receiver.track.kind === kind);
    return transceiver ? transceiver.sender.replaceTrack(track) : Promise.resolve();
  }

  async cycleVideo() {
    const cameras = (await navigator.mediaDevices.enumerateDevices()).filter((each) => each.kind === 'videoinput');
    if (!cameras.length) throw otError('OT_NO_DEVICES_FOUND', 'There is no camera.');
    const now = cameras.findIndex((each) => each.deviceId === this.getVideoSource().deviceId);
    const { deviceId } = cameras[(now + 1) % cameras.length];
    await this.setVideoSource(deviceId);
    return { deviceId };
  }

  getVideoSource() {
    const track = this.tracks.video;
    const { videoSource } = this.properties;
    const type = isTrack(videoSource) ? 'custom' : SCREENS.includes(videoSource) ? 'screen' : 'camera';
    return { deviceId: track ? track.getSettings().deviceId : null, type: track ? type : null, track };
  }

  getAudioSource() {
    return this.tracks.audio;
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

  /** Statistics of every receiver: `[{subscriberId, connectionId, stats, rtcStatsReport}]`. */
  getStats(completion) {
    const reports = [...this._peers].filter(([, peer]) => !peer.recorder).map(async ([id, peer]) => {
      const report = await peer.pc.getStats();
      return { subscriberId: id, connectionId: peer.to, stats: sentStats(report), rtcStatsReport: report };
    });
    Promise.all(reports).then((stats) => call(completion, this, null, stats), (error) => call(completion, this, error));
  }

  async getRtcStatsReport() {
    return Promise.all([...this._peers].map(async ([id, peer]) => (
      { subscriberId: id, connectionId: peer.to, rtcStatsReport: await peer.pc.getStats() })));
  }

  /** @param {'' | 'motion' | 'detail' | 'text'} hint what matters most in the picture */
  setVideoContentHint(hint) {
    if (!['', 'motion', 'detail', 'text'].includes(hint)) {
      throw otError('OT_INVALID_PARAMETER', 'The hint is "", motion, detail or text.');
    }
    this.hint = hint;
    if (this.tracks.video) this.tracks.video.contentHint = hint;
  }

  getVideoContentHint() {
    return this.hint;
  }

  setStyle() {
    return this;
  }

  getStyle() {
    return {};
  }

  isPublishing() {
    return Boolean(this.stream);
  }

  destroy() {
    if (this.destroyed) return this;
    if (this.session) this.session._withdraw(this, 'unpublished', true);
    this._dispose();
    return this;
  }

  _dispose() {
    if (this.destroyed) return;
    this.destroyed = true;
    this._closePeers();
    this._levels.stop();
    for (const track of Object.values(this.tracks)) if (track) track.stop();
    if (this.video) this.video.srcObject = null;
    if (this.element) this.element.remove();
    this._fire('destroyed');
  }
}
