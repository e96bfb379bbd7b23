class Publisher extends Shown {
  /**
   * @param {any} [target] @param {any} [given] the PublisherProperties
   * @param {any} [completion] is called with nothing when it is ready, or with an error; never if it is destroyed before
   */
  constructor(target, given, completion) {
    const properties = Object(given) === given ? { ...given } : {};
    super(properties);
    const { audioFallback, maxResolution } = properties;
    refuseNull({ audioFallback, maxResolution });
    /** By this the server knows the publisher again when its page comes back. */
    this._key = uuid();
    this.accessAllowed = false;
    /** The last statistics of each receiver, for rates. @type {Map<string, OT.PublisherStats>} */
    this._statsBefore = new Map();
    this.destroy = promising(() => this._destroy(), async () => { this._destroy(); });
    const refusal = refusalOf(target, given);
    if (!refusal || !hasTargetWithoutUI(target, properties)) this._place(target, `OT_${this._key}`);
    if (refusal) guarded(completion, refusal);
    const opening = this._open(refusal ? undefined : completion);
    this._ready = quiet(refusal ? Promise.reject(refusal) : opening);
    publishers.add(this);
  }

  // -- how it becomes ready --

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
    // The vendor's hands the publisher to handlers, where others get an event.
    this.trigger('loaded', this);
  }

  _failed(error, completion) {
    if (this._destroyed) return;
    const failure = publishError(error);
    const denied = failure.name === 'OT_USER_MEDIA_ACCESS_DENIED';
    this._destroyed = true;
    publishers.remove(this);
    this._hide();
    if (!denied) report(failure, this);
    guarded(completion, failure);
    if (denied) this._dispatch(new ExceptionEvent('accessDenied', failure.message, 'accessDenied', failure.code));
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
    if (this._destroyed) Object.values(tracks).forEach((track) => track && track.stop());
    this._refuseDestroyed();
    this._begin(tracks);
    this.accessAllowed = true;
    this._fire('accessAllowed');
    this._refuseDestroyed();
    if (this._wants.video) this._resized({ width: 0, height: 0 }, { width: 0, height: 0 });
    this._refuseDestroyed();
    this._dispatch(new MediaStreamAvailableEvent(this._media));
    this._refuseDestroyed();
    await this._show();
    this._refuseDestroyed();
    this._changed();
    if (this._widget) this._widget.loaded();
  }

  /** Any handler may destroy the publisher: nothing follows then. */
  _refuseDestroyed() {
    if (this._destroyed) throw otError('OT_STREAM_DESTROYED', 'The publisher was destroyed before it was ready.');
  }

  // -- what others know of it --

  _changed() {
    super._changed();
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

  // -- what a page calls --

  /** Captions answer 501 here: nobody makes them. Answers when the stream is published. @returns {Promise<void>} */
  publishCaptions(value) {
    return quiet(new Promise((resolve) => {
      const done = () => { log(3, 'publishCaptions', value); resolve(); };
      if (this.stream) done();
      else this.once('streamCreated', done);
    }));
  }

  /**
   * Statistics of every receiver: `[{subscriberId, connectionId, stats, rtcStatsReport}]`. What goes to the server (here
   * to each of its recorders) has no ids, as with the vendor. @returns {Promise<OT.PublisherStatsArr>}
   */
  getStats(completion) {
    return quiet((async () => {
      try {
        const ways = await this._ways();
        const stats = ways.map(([id, each]) => ({ ...each, stats: sentStats(each.rtcStatsReport, this._statsBefore.get(id)) }));
        ways.forEach(([id], number) => this._statsBefore.set(id, stats[number].stats));
        guarded(completion, undefined, stats);
        return stats;
      } catch (error) {
        guarded(completion, error);
        throw error;
      }
    })());
  }

  /** @returns {Promise<OT.PublisherRtcStatsReportArr>} */
  getRtcStatsReport() {
    return quiet(this._ways().then((ways) => ways.map(([, report]) => report)));
  }

  /** [[id of a peer, its report]]. @returns {Promise<[string, OT.PublisherRtcStatsReportContainer][]>} */
  async _ways() {
    if (!this.stream) throw otError('OT_PEER_CONNECTION_NOT_CONNECTED', 'The publisher is not published.', 1015);
    return Promise.all([...this._peers].map(async ([id, { pc, to, recorder }]) => (
      /** @type {[string, OT.PublisherRtcStatsReportContainer]} */ ([
        id, { ...(recorder ? {} : { subscriberId: id, connectionId: to }), rtcStatsReport: await pc.getStats() }]))));
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
    this._hide();
    // The vendor's are null from now on, which its types do not say.
    this.id = this.stream = this.session = /** @type {any} */ (null);
    this._dispatch(new DestroyedEvent('destroyed', this, undefined));
  }
}
