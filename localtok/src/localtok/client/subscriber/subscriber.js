class Subscriber extends Receiver {
  /**
   * @param {Session} session @param {Stream} stream @param {any} target
   * @param {OT.SubscriberProperties} properties
   */
  constructor(session, stream, target, properties) {
    super(session, stream, properties);
    /** @type {string} */
    this.id = `OT_${uuid()}`;
    this._style = new Style(SUBSCRIBER_STYLE, properties.style);
    this._captions = { subscribed: Boolean(properties.subscribeToCaptions), language: properties.captionsTranslationLanguage ?? null };
    this._hasTargetWithoutUI = hasTargetWithoutUI(target, properties);
    /** @type {HTMLElement | undefined} */
    this.element = undefined;
    if (properties.insertDefaultUI !== false) this._place(target);
    this.subscribeToAudio = promising((value) => this._want('audio', value), async (value) => { this._want('audio', value); });
    this.subscribeToVideo = promising(
      (value) => this._wantVideo(value, 'subscribeToVideo'),
      async (value, reason = 'subscribeToVideo') => { this._wantVideo(value, reason); },
    );
    this.setAudioVolume = promising((value) => this._setVolume(value), async (value) => { this._setVolume(value); });
    this.restrictFrameRate = promising((value) => this._restrict(value), async (value) => { this._restrict(value); });
  }

  /** Resolves when the picture or sound arrives, and after the completion handler. */
  async _opened(completion) {
    try {
      if (this._hasTargetWithoutUI) throw targetWithoutUIError();
      await this._open();
    } catch (error) {
      this.session._subscribers.delete(this);
      this._dispose('failed');
      guarded(completion, error);
      throw error;
    }
    guarded(completion);
  }

  // -- what is shown --

  _place(target) {
    const { showControls } = this._properties;
    const toggle = () => this._want('audio', !this._wanted.audio);
    const controls = new Controls({
      ...{ name: this.stream.name, toggle, audio: true, style: this._style, shown: showControls !== false, light: false },
    });
    this._widget = new Widget(target, this._properties, { kind: 'OT_subscriber', id: this.id, mirrored: false, controls });
    this.element = this._widget.element;
    this.id = this.element.id;
  }

  _changed() {
    if (!this._widget) return;
    this._widget.pictured(Boolean(this._wanted.video && this.stream.hasVideo && this._arrived.video));
    this._widget.controls.muted(!this._wanted.audio);
    this._meter();
  }

  _show() {
    const video = newVideo();
    this._video = video;
    video.addEventListener('resize', () => this._resized());
    video.srcObject = this._media;
    if (loudspeaker) useLoudspeaker(video);
    this._setVolume(this._volume);
    if (this._widget) this._widget.show(video);
    this._dispatch(new MediaStreamAvailableEvent(this._media));
    this._fire('videoElementCreated', { element: video });
    // Without a gesture a browser may refuse sound: the picture then plays without it.
    video.play().catch(() => {
      if (this._destroyed) return;
      video.muted = true;
      video.play().catch((error) => log(3, 'play', error.message));
      this._fire('audioBlocked');
    });
  }

  _resized() {
    const [before, after] = [this._size, { width: this._video.videoWidth, height: this._video.videoHeight }];
    this._size = after;
    if (before) this._dispatch(new VideoDimensionsChangedEvent(this, before, after));
  }

  _streamChanged(name, value) {
    this._changed();
    if (name === 'hasVideo' && this._wanted.video) this._videoToggled(value, 'publishVideo');
  }

  _videoToggled(on, reason) {
    this._dispatch(new VideoEnabledChangedEvent(on ? 'videoEnabled' : 'videoDisabled', { reason }));
  }

  _wantVideo(value, reason) {
    const before = this._wanted.video;
    this._want('video', value);
    if (before !== this._wanted.video && this.stream.hasVideo) this._videoToggled(this._wanted.video, reason);
    return this;
  }

  _setVolume(value) {
    const volume = Number(value);
    if (!Number.isNaN(volume)) this._volume = Math.max(0, Math.min(100, volume));
    if (this._video) this._video.volume = this._volume / 100;
    return this;
  }

  /** @returns {number} */
  getAudioVolume() {
    return this._volume;
  }

  async _unblock() {
    this._video.muted = false;
    await this._video.play();
    this._fire('audioUnblocked');
  }

  isAudioBlocked() {
    return Boolean(this._video && this._video.muted);
  }

  /** @returns {string | null} */
  getImgData() {
    return picture(this._video);
  }

  videoWidth() {
    return this._video ? this._video.videoWidth : undefined;
  }

  videoHeight() {
    return this._video ? this._video.videoHeight : undefined;
  }

  /** @returns {OT.SubscriberStyle} */
  getStyle() {
    return this._style.all();
  }

  /** `setStyle(name, value)` or `setStyle({name: value})`. */
  setStyle(...styles) {
    this._style.set(...styles);
    if (this._widget) this._widget.restyle();
    this._meter();
    return this;
  }

  // -- captions: localtok has none, so that none are ever received --

  /** @param {boolean} value @returns {Promise<void>} */
  async subscribeToCaptions(value) {
    this._captions.subscribed = Boolean(value);
  }

  isSubscribedToCaptions() {
    return this._captions.subscribed;
  }

  /** @param {any} language a code like `en-US`, or null @returns {Promise<void>} */
  async setCaptionsTranslationLanguage(language) {
    this._captions.language = language;
  }

  /** @returns {OT.CaptionsLanguageCode | null} */
  getCaptionsTranslationLanguage() {
    return this._captions.language;
  }

  _dispose(reason) {
    if (this._destroyed) return;
    this._destroyed = true;
    this._close();
    if (this._video) this._video.srcObject = null;
    if (this._widget) this._widget.remove();
    this._dispatch(new DestroyedEvent('destroyed', this, reason));
  }
}
