/**
 * The change from one piece to the next while both play. The next one starts unseen and silent ahead of the seam,
 * is brought into step, and may take over with the very picture that comes after the one that is seen.
 */

// Long enough for a decoder to start on a busy machine and to be brought into step before anybody sees it.
const LEAD_MS = 1500;
const NEAR_MS = 300;
// Correcting what is closer would only make it restless: nobody can tell.
const IN_STEP_MS = 5;
// What is farther off is sought again: running after it would not get there in time.
const OUT_OF_REACH_MS = 600;
const FRAME_MS = 40;
// The next picture of another recorder, whose pictures lie between ours, is up to this much later than ours.
const NEXT_PICTURE_MS = FRAME_MS + 8;
const LONGEST_PATIENCE_MS = 1000;

// How long a video of this browser takes from `play()` to its first movement; learnt from each start.
let startCostMs = 80;

/** How far before its in-point the next piece waits, in its own milliseconds. */
export const leadOf = (after, rate) => Math.max(0, Math.min(LEAD_MS * rate, after.head_ms ?? after.in_ms));

export class Handover {
  #old;
  #fresh;
  #before;
  #after;
  #rate;
  #take;
  #startedAt = 0;
  #moves = false;
  #over = false;
  #failed = false;
  /** @type {number | null} */
  #seen = null;

  /**
   * @param {HTMLVideoElement} old shows `before`, @param {HTMLVideoElement} fresh stands ahead of `after`'s in-point
   * @param {number} rate of playing @param {() => void} take makes the change; called once
   */
  constructor(old, fresh, before, after, rate, take) {
    this.#old = old;
    this.#fresh = fresh;
    this.#before = before;
    this.#after = after;
    this.#rate = rate;
    this.#take = take;
  }

  get started() {
    return this.#startedAt > 0 && !this.#over;
  }

  /** Milliseconds of the run until the seam; less than 0 after it. */
  get left() {
    return this.#before.out_ms - this.#old.currentTime * 1000;
  }

  /** How long until it is worth looking again, in milliseconds of real time. */
  get rest() {
    if (!this.started) return Math.max(0, Math.min(250, (this.left - leadOf(this.#after, this.#rate)) / this.#rate - startCostMs));
    return this.left < NEAR_MS ? 10 : 40;
  }

  /** Starts, brings into step, and changes when nothing better can be waited for. False: it cannot be made like this. */
  look() {
    if (this.#failed) return this.left > 0;
    if (this.#over) return true;
    const { left } = this;
    if (!this.#startedAt) {
      if (left / this.#rate > leadOf(this.#after, this.#rate) / this.#rate + startCostMs) return true;
      if (this.#fresh.readyState < HTMLMediaElement.HAVE_FUTURE_DATA) return left > this.#latest;
      this.#start();
    }
    this.#step(left);
    if (this.#mustChange(left)) this.#change();
    return true;
  }

  cancel() {
    this.#over = true;
  }

  /** How far beyond the seam the old piece still shows the same, as a `left`: 0 or less. */
  get #latest() {
    const until = this.#after.change_until_ms ?? this.#after.start_ms;
    return Math.min(0, Math.max(-LONGEST_PATIENCE_MS, this.#after.start_ms - until + FRAME_MS));
  }

  #start() {
    this.#startedAt = performance.now();
    this.#fresh.volume = 0;
    this.#fresh.playbackRate = this.#rate;
    this.#fresh.play().catch(() => { this.#failed = !this.#over; });
    if ("requestVideoFrameCallback" in this.#fresh) {
      this.#watch(this.#old, (shown) => { this.#seen = shown - this.#before.out_ms; });
      this.#watch(this.#fresh, (shown) => this.#pictureOf(shown - this.#after.in_ms));
    }
  }

  #watch(video, note) {
    const next = (now, { mediaTime }) => {
      if (this.#over) return;
      note(mediaTime * 1000);
      video.requestVideoFrameCallback(next);
    };
    video.requestVideoFrameCallback(next);
  }

  /** The unseen video came to a picture, so many milliseconds after the seam: is it the one that comes next? */
  #pictureOf(instant) {
    if (this.#seen === null || this.left > FRAME_MS / 2) return;
    const ahead = instant - this.#seen;
    if (ahead > 0 && ahead <= NEXT_PICTURE_MS * Math.max(1, this.#rate)) this.#change();
  }

  /** Speeds the unseen video up or down until both show the same instant. */
  #step(left) {
    const standing = this.#fresh.currentTime * 1000;
    this.#learn(standing);
    if (!this.#moves) return;
    const behind = this.#after.in_ms - left - standing;
    if (Math.abs(behind) > OUT_OF_REACH_MS && left > NEAR_MS) {
      this.#fresh.currentTime = (this.#after.in_ms - left + startCostMs) / 1000;
      return;
    }
    // In half the time that is left, so that what remains can be corrected again.
    const within = Math.max(50, Math.min(250, left / 2));
    const correction = Math.abs(behind) < IN_STEP_MS ? 0 : Math.max(-0.7, Math.min(1.5, behind / within));
    this.#fresh.playbackRate = this.#rate * (1 + correction);
  }

  #learn(standing) {
    if (this.#moves) return;
    const began = Math.max(0, this.#after.in_ms - leadOf(this.#after, this.#rate));
    const moved = standing - began;
    if (moved <= 1) return;
    this.#moves = true;
    const cost = performance.now() - this.#startedAt - moved / this.#rate;
    if (cost > 0 && cost < 400) startCostMs += (cost - startCostMs) / 3;
  }

  #mustChange(left) {
    if (this.#old.ended || left <= this.#latest) return true;
    // A hidden page presents no pictures to go by.
    return left <= 0 && (document.hidden || !("requestVideoFrameCallback" in this.#fresh));
  }

  #change() {
    if (this.#over) return;
    this.#over = true;
    this.#fresh.playbackRate = this.#rate;
    this.#take();
  }
}
