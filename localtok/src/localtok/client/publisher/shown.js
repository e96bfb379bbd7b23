/** A publisher's preview: the element in the page, its controls, and what they show. */

const PUBLISHER_STYLE = {
  showArchiveStatus: true,
  nameDisplayMode: 'auto',
  buttonDisplayMode: 'auto',
  videoDisabledDisplayMode: 'auto',
  audioLevelDisplayMode: 'auto',
  archiveStatusDisplayMode: 'auto',
  backgroundImageURI: null,
};

class Shown extends Tuned {
  constructor(properties) {
    super(properties);
    /** @type {string | undefined | null} */
    this.id = undefined;
    this._destroyed = false;
    this._style = new Style(PUBLISHER_STYLE, properties.style);
    /** What the preview measures; until it does, what was asked for. */
    this._size = dimensions(properties.resolution) || { width: 640, height: 480 };
  }

  /** @param {any} target @param {string} id of an element that has none */
  _place(target, id) {
    if (this._properties.insertDefaultUI === false) return;
    const { name, audioSource, mirror, showControls } = this._properties;
    const toggle = () => this.publishAudio(!this._wants.audio);
    const controls = new Controls({
      ...{ name, toggle, audio: !isOff(audioSource), style: this._style, shown: showControls !== false },
    });
    const mirrored = mirror ?? ['camera', null].includes(videoKind(this._properties));
    this._widget = new Widget(target, this._properties, { kind: 'OT_publisher', id, mirrored, controls });
    this.element = this._widget.element;
    this.id = this.element.id;
    controls.muted(!this._wants.audio);
  }

  /** Resolves when the element has its first picture, or sound; a track may send none for a while. */
  async _show() {
    const video = newVideo();
    this._video = video;
    if (!this._widget) video.removeAttribute('class');
    video.muted = true;
    const first = new Promise((resolve) => {
      video.addEventListener('loadeddata', resolve, { once: true });
      setTimeout(resolve, FIRST_PICTURE_MS);
    });
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

  _changed() {
    if (this._widget) {
      this._widget.pictured(this._hasVideo(), this._wants.audio && !isOff(this._properties.audioSource));
      this._widget.controls.muted(!this._wants.audio);
    }
    this._meter();
  }

  /** @param {boolean} running whether an archive of the session runs */
  _archived(running) {
    if (this._widget) this._widget.controls.archived(running);
  }

  /** The element leaves the page, and so does a video element that the page has placed. */
  _hide() {
    if (this._video) {
      this._video.srcObject = null;
      this._video.remove();
    }
    if (this._widget) this._widget.remove();
  }

  // -- what a page calls --

  /** @returns {string | null} */
  getImgData() {
    return picture(this._video);
  }

  /** @returns {number} */
  videoWidth() {
    return this._size.width;
  }

  /** @returns {number} */
  videoHeight() {
    return this._size.height;
  }

  /** `setStyle(name, value)` or `setStyle({name: value})`. */
  setStyle(...styles) {
    this._style.set(...styles);
    Promise.resolve().then(() => {
      if (this._widget) this._widget.restyle();
      this._meter();
    });
    return this;
  }

  /**
   * @overload
   * @returns {OT.PublisherStyle}
   */
  /**
   * @overload
   * @param {string} name
   * @returns {any} the one value
   */
  /** @param {string} [name] @returns {any} */
  getStyle(name) {
    return name === undefined ? this._style.all() : this._style.all()[name];
  }
}
