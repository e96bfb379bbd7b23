const PUBLISHER_STYLE = {
  showArchiveStatus: true,
  nameDisplayMode: 'auto',
  buttonDisplayMode: 'auto',
  videoDisabledDisplayMode: 'auto',
  audioLevelDisplayMode: 'auto',
  archiveStatusDisplayMode: 'auto',
  backgroundImageURI: null,
};

class Publisher extends Tuned {
  /**
   * @param {any} [target] @param {any} [given] the PublisherProperties
   * @param {any} [completion] is called with nothing when it is ready, or with an error; never if it is destroyed before
   */
  constructor(target, given, completion) {
    const properties = Object(given) === given ? { ...given } : {};
    super(properties);
    // A missing object is the vendor's default, and null is an error of the page.
    this._audioFallback = properties.audioFallback === undefined ? {} : { publisher: properties.audioFallback.publisher };
    this.guid = uuid();
    /** @type {string | undefined | null} */
    this.id = undefined;
    this.accessAllowed = false;
    this._destroyed = false;
    this._style = new Style(PUBLISHER_STYLE, properties.style);
    this._size = dimensions(properties.resolution) || { width: 640, height: 480 };
    this.destroy = promising(() => this._destroy(), async () => { this._destroy(); });
    const refusal = refusalOf(target, given);
    if (!refusal || !isUnfit(target, properties)) this._place(target);
    if (refusal) guarded(completion, refusal);
    const opening = this._open(refusal ? undefined : completion);
    this._ready = quiet(refusal ? Promise.reject(refusal) : opening);
    publishers.add(this);
  }

  // -- how it becomes ready --

  _place(target) {
    if (this._properties.insertDefaultUI === false) return;
    const { name, audioSource, mirror, showControls } = this._properties;
    const toggle = () => this.publishAudio(!this._wants.audio);
    const controls = new Controls({
      ...{ name, toggle, audio: !isOff(audioSource), style: this._style, shown: showControls !== false },
    });
    const mirrored = mirror ?? ['camera', null].includes(videoKind(this._properties));
    this._widget = new Widget(target, this._properties, { kind: 'OT_publisher', id: `OT_${this.guid}`, mirrored, controls });
    this.element = this._widget.element;
    this.id = this.element.id;
    controls.muted(!this._wants.audio);
  }

  async _open(completion) {
    try {
      // Handlers that a page adds after the call hear everything.
      await null;
      await this._start(await this._asked(capture(this._properties)));
    } catch (error) {
      this._failed(error, completion);
      throw error;
    }
    guarded(completion, undefined);
    this._fire('loaded');
  }

  _failed(error, completion) {
    if (this._destroyed) return;
    const failure = publishError(error);
    const denied = failure.name === 'OT_USER_MEDIA_ACCESS_DENIED';
    this._destroyed = true;
    publishers.remove(this);
    if (this._widget) this._widget.remove();
    if (!denied) report(failure, this);
    guarded(completion, failure);
    if (denied) this._fire('accessDenied');
  }

  /** Waits for the answer to the browser's question, and fires when there is one to be seen. */
  async _asked(opening) {
    let opened = false;
    const timer = setTimeout(() => { opened = true; this._fire('accessDialogOpened', {}, true); }, DIALOG_AFTER_MS);
    try {
      return await opening;
    } finally {
      clearTimeout(timer);
      if (opened) this._fire('accessDialogClosed');
    }
  }

  /** @param {Tracks} tracks */
  async _start(tracks) {
    if (this._destroyed) {
      Object.values(tracks).forEach((track) => track && track.stop());
      throw otError('OT_STREAM_DESTROYED', 'The publisher was destroyed before it was ready.');
    }
    this._begin(tracks);
    this.accessAllowed = true;
    this._fire('accessAllowed');
    if (this._wants.video) this._resized({ width: 0, height: 0 }, { width: 0, height: 0 });
    this._dispatch(new MediaStreamAvailableEvent(this._media));
    await this._show();
    this._changed();
    if (this._widget) this._widget.loaded();
  }

  /** Resolves when the element has its first picture, or sound. */
  async _show() {
    const video = newVideo();
    this._video = video;
    if (!this._widget) video.className = '';
    video.muted = true;
    const first = new Promise((resolve) => { video.addEventListener('loadeddata', resolve, { once: true }); });
    video.addEventListener('resize', () => this._measured());
    video.srcObject = this._media;
    if (this._widget) this._widget.show(video);
    else document.createElement('div').append(video);
    this._changed();
    this._fire('videoElementCreated', { element: video });
    video.play().catch((error) => log(3, 'preview', error.message));
    await first;
  }

  _measured() {
    const { videoWidth: width, videoHeight: height } = this._video;
    if (!this._hasVideo() || !width) return;
    const before = this._measuredSize || { width: 0, height: 0 };
    if (before.width === width && before.height === height) return;
    this._size = { width, height };
    this._measuredSize = this._size;
    this._resized(before, this._size);
  }

  _resized(before, after) {
    this._dispatch(new VideoDimensionsChangedEvent(this, before, after));
  }

  // -- what others know of it --

  _changed() {
    if (this._widget) {
      this._widget.pictured(this._hasVideo());
      this._widget.controls.muted(!this._wants.audio);
    }
    this._meter();
    this._report();
  }

  /** Sends to the server, and so to everybody else, what is published now. */
  _report() {
    if (!this.session || !this.stream) return;
    this.session._wire.request('update', { streamId: this.stream.id, ...this._state() })
      .catch((error) => log(2, 'update', error.message));
  }

  _state() {
    const settings = this._hasVideo() ? this._captured.video.getSettings() : {};
    return {
      hasAudio: Boolean(this._captured.audio) && this._wants.audio,
      hasVideo: this._hasVideo(),
      videoDimensions: { width: Math.round(settings.width || 0), height: Math.round(settings.height || 0) },
      frameRate: settings.frameRate || 0,
    };
  }

  /** A moderator or the server has muted this stream; the page may unmute it. */
  _muteForced() {
    this._publishAudio(false);
    this._dispatch(new MuteForcedEvent({}));
  }

  /** @param {boolean} running whether an archive of the session runs */
  _archived(running) {
    if (this._widget) this._widget.controls.archived(running);
  }

  // -- what a page calls --

  /** Captions answer 501 here: nobody makes them. Answers when the stream is published. @returns {Promise<void>} */
  publishCaptions(value) {
    return quiet(new Promise((resolve) => {
      const done = () => { log(3, 'publishCaptions', value); resolve(); };
      if (this.stream) done();
      else this.once('streamCreated', done);
    }));
  }

  /** @returns {string | null} */
  getImgData() {
    return this._hasVideo() ? picture(this._video) : null;
  }

  videoWidth() {
    return this._size.width;
  }

  videoHeight() {
    return this._size.height;
  }

  /** Statistics of every receiver: `[{subscriberId, connectionId, stats, rtcStatsReport}]`. @returns {Promise<any>} */
  getStats(completion) {
    return quiet((async () => {
      try {
        const reports = await this.getRtcStatsReport();
        const stats = reports.map((each) => ({ ...each, stats: sentStats(each.rtcStatsReport) }));
        guarded(completion, undefined, stats);
        return stats;
      } catch (error) {
        guarded(completion, error);
        throw error;
      }
    })());
  }

  /** @returns {Promise<any>} */
  getRtcStatsReport() {
    return quiet((async () => {
      if (!this.stream) throw otError('OT_PEER_CONNECTION_NOT_CONNECTED', 'The publisher is not published.', 1015);
      const pages = [...this._peers].filter(([, peer]) => !peer.recorder);
      return Promise.all(pages.map(async ([id, { pc, to }]) => (
        { subscriberId: id, connectionId: to, rtcStatsReport: await pc.getStats() })));
    })());
  }

  /** `setStyle(name, value)` or `setStyle({name: value})`. */
  setStyle(...styles) {
    this._style.set(...styles);
    if (this._widget) this._widget.restyle();
    this._meter();
    return this;
  }

  /** @returns {any} the PublisherStyle */
  getStyle() {
    return this._style.all();
  }

  _stopped() {
    if (this.session) this.session._withdraw(this, 'mediaStopped', true);
    this._dispose();
  }

  _destroy() {
    if (this._destroyed) return this;
    if (this.session) this.session._withdraw(this, 'unpublished', true);
    this._dispose();
    return this;
  }

  _dispose() {
    if (this._destroyed) return;
    this._destroyed = true;
    publishers.remove(this);
    this._closePeers();
    this._levels.stop();
    this._end();
    if (this._video) this._video.srcObject = null;
    if (this._widget) this._widget.remove();
    [this.id, this.stream, this.session] = [null, null, null];
    this._dispatch(new DestroyedEvent('destroyed', this, undefined));
  }
}

/** Whether there is a target, and nothing to insert into it. */
function isUnfit(target, properties) {
  return properties.insertDefaultUI === false && Boolean(targetOf(target));
}

/** Why a publisher is refused, or undefined. */
function refusalOf(target, given) {
  const properties = Object(given);
  if (given !== undefined && given !== null && properties !== given) {
    return otError('OT_INVALID_PARAMETER', 'The properties of a publisher are an object.');
  }
  if (isUnfit(target, properties)) {
    return otError('OT_INVALID_PARAMETER', 'insertDefaultUI is false: there is nothing to insert into the target.');
  }
  if (isOff(properties.audioSource) && isOff(properties.videoSource)) {
    return otError('OT_INVALID_PARAMETER', 'audioSource and videoSource cannot both be off.');
  }
  return undefined;
}
