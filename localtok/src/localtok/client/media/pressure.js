/** The load of the processor, as the browser's pressure observer rates it; browsers without one rate nothing. */

const PRESSURE_EVERY_MS = 2000;

class Pressure {
  /** @param {(state: string) => void} changed is called with nominal, fair, serious or critical */
  constructor(changed) {
    this.changed = changed;
  }

  start() {
    const { PressureObserver } = /** @type {any} */ (window);
    if (!PressureObserver || this.observer) return;
    this.observer = new PressureObserver((records) => this._take(records[records.length - 1].state));
    this.observer.observe('cpu', { sampleInterval: PRESSURE_EVERY_MS })
      .catch((error) => log(LEVELS.DEBUG, 'the pressure is not observed', error.message));
  }

  _take(state) {
    if (state === this.state) return;
    this.state = state;
    this.changed(state);
  }

  stop() {
    if (this.observer) this.observer.disconnect();
    this.observer = undefined;
    this.state = undefined;
  }
}
