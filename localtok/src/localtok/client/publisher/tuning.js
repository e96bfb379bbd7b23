/** How much a publisher sends of its picture, and in which quality. */

const HINTS = ['', 'motion', 'detail', 'text'];
const SCALABILITY_MODES = [1, 2, 3].flatMap((spatial) => [1, 2, 3].map((temporal) => `L${spatial}T${temporal}`));
const MIN_BITRATE = 5000;
const MAX_BITRATE = 10000000;
/** Bits per second for each pixel; the vendor's own figures are not documented. */
const PRESETS = { default: 0, bw_saver: 1, extra_bw_saver: 0.5 };

class Tuned extends Sources {
  constructor(properties) {
    super(properties);
    const { videoContentHint, preferredVideoCodecs, audioBitrate, enableStereo, enableDtx } = properties;
    this._hint = HINTS.includes(videoContentHint) ? videoContentHint : '';
    /** @type {{preset?: any, bitrate?: number}} what a page has set */
    this._bitrate = { preset: properties.videoBitratePreset };
    /** @type {OT.ScalabilityMode | undefined} */
    this._scalabilityMode = undefined;
    this._fixed = {
      audioBitrate: opusBitrate(audioBitrate),
      stereo: Boolean(enableStereo),
      dtx: Boolean(enableDtx),
      codecs: Array.isArray(preferredVideoCodecs) ? preferredVideoCodecs : [],
    };
    /** What the browser is asked to capture, beyond the constraints. @type {MediaTrackConstraints} */
    this._preferred = {};
  }

  _wishes() {
    return { ...this._fixed, scalabilityMode: this._scalabilityMode, videoBitrate: this._maxBitrate() };
  }

  /** @param {'audio' | 'video'} kind @param {MediaStreamTrack} track */
  _capture(kind, track) {
    super._capture(kind, track);
    if (kind !== 'video') return;
    // Given tracks and screens are drawn rather than filmed.
    if (!HINTS.includes(this._properties.videoContentHint) && this._videoKind === 'custom' && !this._hint) this._hint = 'detail';
    track.contentHint = this._hint;
    this._initial = this._initial || dimensionsOf(track);
    if (Object.keys(this._preferred).length) quiet(track.applyConstraints(this._preferred));
  }

  // -- what matters in the picture --

  /** @param {any} hint '', 'motion', 'detail' or 'text' @returns {Promise<void>} */
  setVideoContentHint(hint) {
    return quiet((async () => {
      if (!this._media) throw new Error('There is no media yet, or no more.');
      if (!this._media.getVideoTracks().length) throw new Error('There is no video track to hint at.');
      if (!HINTS.includes(hint)) throw new Error('A content hint is "", motion, detail or text.');
      this._hint = hint;
      if (this._captured.video) this._captured.video.contentHint = hint;
    })());
  }

  /** @returns {OT.VideoContentHint} */
  getVideoContentHint() {
    return this._media && this._media.getVideoTracks().length ? this._hint : '';
  }

  // -- bits --

  _maxBitrate() {
    const { preset, bitrate } = this._bitrate;
    if (bitrate) return bitrate;
    const { width, height } = this._initial || { width: 640, height: 480 };
    return Math.round((PRESETS[String(preset).toLowerCase()] || 0) * width * height);
  }

  /** @param {any} bitrate bits per second; 0 for no limit @returns {Promise<void>} */
  setMaxVideoBitrate(bitrate) {
    return quiet((async () => {
      if (bitrate !== 0 && !(typeof bitrate === 'number' && bitrate >= MIN_BITRATE && bitrate <= MAX_BITRATE)) {
        throw otError('OT_INVALID_PARAMETER', `A bitrate is 0, or a number from ${MIN_BITRATE} to ${MAX_BITRATE}.`, null);
      }
      this._limit({ preset: 'custom', bitrate });
    })());
  }

  /** @param {any} preset @returns {Promise<void>} */
  setVideoBitratePreset(preset) {
    return quiet((async () => {
      if (!(String(preset).toLowerCase() in PRESETS)) {
        throw otError('OT_INVALID_PARAMETER', 'A preset is default, bw_saver or extra_bw_saver.', null);
      }
      this._limit({ preset });
    })());
  }

  /** As the vendor's, a limit that is set before publishing is not kept. */
  _limit(bitrate) {
    if (!this.stream) return;
    this._bitrate = bitrate;
    this._tuneAll();
  }

  /** @returns {number | undefined} bits per second; undefined until there is a limit */
  getMaxVideoBitrate() {
    return this._maxBitrate() && this.stream ? this._maxBitrate() : undefined;
  }

  /** @returns {OT.VideoBitratePreset | undefined} undefined until there is one */
  getVideoBitratePreset() {
    return this._bitrate.preset;
  }

  /** @param {any} mode such as L1T3 */
  setTargetScalabilityMode(mode) {
    if (!SCALABILITY_MODES.includes(mode)) {
      throw otError('OT_INVALID_PARAMETER', `A scalability mode is one of ${SCALABILITY_MODES.join(', ')}.`, null);
    }
    this._scalabilityMode = mode;
    this._tuneAll();
  }

  /** @returns {OT.ScalabilityMode | undefined} */
  getTargetScalabilityMode() {
    return this._scalabilityMode;
  }

  // -- frames and pixels --

  /** @param {any} frameRate frames per second @returns {Promise<any>} */
  setPreferredFrameRate(frameRate) {
    return quiet((async () => {
      if (!this._pictured()) throw new Error('setPreferredFrameRate: this publisher has no video.');
      if (!Number.isInteger(frameRate) || frameRate < 1) throw new Error('A frame rate is an integer of 1 or more.');
      return this._prefer({ frameRate });
    })());
  }

  /** @param {any} resolution {width, height} @returns {Promise<any>} */
  setPreferredResolution(resolution) {
    return quiet((async () => {
      if (!this._pictured()) throw new Error('setPreferredResolution: this publisher has no video.');
      if (!isResolution(resolution)) throw new Error('A resolution has a width and a height that are positive integers.');
      const { width, height } = resolution;
      if (width > this._initial.width || height > this._initial.height) {
        throw new Error('A preferred resolution is at most the one that the publisher began with.');
      }
      return this._prefer({ width, height });
    })());
  }

  _pictured() {
    return Boolean(this._media && this._media.getVideoTracks().length);
  }

  /** Resolves with an outcome for each track, as the vendor's. @param {MediaTrackConstraints} constraints */
  async _prefer(constraints) {
    Object.assign(this._preferred, constraints);
    const tracks = [this._captured.video].filter(Boolean);
    const outcomes = await Promise.all(tracks.map((track) => track.applyConstraints(this._preferred)));
    this._changed();
    return outcomes;
  }

  // -- filters: there are none here, and none are claimed --

  /** @param {any} filter @returns {Promise<void>} */
  applyVideoFilter(filter) {
    return quiet((async () => {
      if (!this._pictured()) return;
      const { type, blurStrength = 'low', backgroundImgUrl } = filter;
      const valid = type === 'backgroundBlur' ? ['low', 'high'].includes(blurStrength)
        : type === 'backgroundReplacement' && typeof backgroundImgUrl === 'string';
      refuseFilter(valid);
    })());
  }

  /** @param {any} filter @returns {Promise<void>} */
  applyAudioFilter(filter) {
    return quiet((async () => {
      if (this._media) refuseFilter(Boolean(filter) && filter.type === 'advancedNoiseSuppression');
    })());
  }

  /** @returns {Promise<void>} */
  async clearVideoFilter() {}

  /** @returns {Promise<void>} */
  async clearAudioFilter() {}

  /** @returns {OT.VideoFilter | null} */
  getVideoFilter() {
    return null;
  }

  /** @returns {OT.AudioFilter | null} */
  getAudioFilter() {
    return null;
  }
}

/** @param {boolean} valid whether the vendor would take it */
function refuseFilter(valid) {
  if (!valid) throw otError('OT_INVALID_PARAMETER', 'There is no such filter, or it lacks something.', null);
  throw notSupported('localtok has no filters; a media processor connector can do the same.');
}
