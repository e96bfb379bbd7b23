/** Measures how loud a track is, while somebody listens for it. Levels are 0 to 1, the loudest sample. */
const LEVEL_EVERY_MS = 50;

/** @type {AudioContext | undefined} */
let listening;

class Levels {
  /** @param {(audioLevel: number) => void} tell */
  constructor(tell) {
    this.tell = tell;
  }

  /** @param {MediaStreamTrack | null} track */
  measure(track) {
    this.stop();
    if (!track || track.readyState === 'ended') return;
    listening = listening || new AudioContext();
    // A page without a gesture may not hear; it may not listen either until then.
    if (listening.state === 'suspended') listening.resume().catch((error) => log(3, 'audio level', error.message));
    const analyser = listening.createAnalyser();
    analyser.fftSize = 2048;
    this.source = listening.createMediaStreamSource(new MediaStream([track]));
    this.source.connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      // A decoder may overshoot full scale; a level is from 0 to 1.
      this.tell(Math.min(1, samples.reduce((loudest, sample) => Math.max(loudest, Math.abs(sample)), 0)));
    }, LEVEL_EVERY_MS);
  }

  stop() {
    clearInterval(this.timer);
    if (this.source) this.source.disconnect();
    this.source = undefined;
  }
}

/** An emitter that measures its sound as soon as there is a handler of `audioLevelUpdated`. */
class Audible extends Emitter {
  constructor() {
    super();
    this._levels = new Levels((audioLevel) => this._leveled(audioLevel));
  }

  /** @param {number} audioLevel */
  _leveled(audioLevel) {
    this._dispatch(new AudioLevelUpdatedEvent(audioLevel));
  }

  /** @returns {MediaStreamTrack | null} the track to measure; each kind of emitter has its own */
  _audible() {
    return null;
  }

  _handlersChanged() {
    if (this._hears('audioLevelUpdated')) this._levels.measure(this._audible());
    else this._levels.stop();
  }
}
