/** Time that passes where nothing was recorded and no video plays. Milliseconds of the run. */

export class GapClock {
  #from;
  /** @type {number | null} */
  #since = null;
  #rate;

  constructor(from, rate, running) {
    this.#from = from;
    this.#rate = rate;
    this.run(running);
  }

  get position() {
    return this.#since === null ? this.#from : this.#from + (performance.now() - this.#since) * this.#rate;
  }

  run(running) {
    this.#from = this.position;
    this.#since = running ? performance.now() : null;
  }

  setRate(rate) {
    this.run(this.#since !== null);
    this.#rate = rate;
  }
}
