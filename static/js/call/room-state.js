import { getJson } from "../shared/api.js";
import { isChanging } from "../shared/run-status.js";

const CALM_MS = 5_000;
const BUSY_MS = 1_000;

/**
 * The room's state as the server sees it. Asked for on every hint (a signal, a reconnection, an action) and by
 * polling, so that a lost signal costs seconds and nothing else. Fires "change" with every answer and "stale"
 * when the server does not answer.
 */
export class RoomState extends EventTarget {
  /** The server's last answer. @type {any} */
  value = null;
  stale = false;
  #url;
  #timer = 0;
  /** @type {Promise<void> | null} */
  #asking = null;
  #askAgain = false;
  #receivedAt = 0;
  #users = 0;

  constructor(url) {
    super();
    this.#url = url;
  }

  /** Asks from now on, until as many have stopped as have started: a host's panel outlives the call. */
  start() {
    this.#users += 1;
    this.refresh();
  }

  stop() {
    this.#users -= 1;
    if (!this.#users) clearTimeout(this.#timer);
  }

  /** Asks now; a hint that comes while an answer is under way leads to one more question after it. */
  refresh() {
    this.#askAgain = Boolean(this.#asking);
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
      if (this.#askAgain) this.refresh();
      else this.#schedule();
    });
    return this.#asking;
  }

  /** Takes a state that came with another answer. */
  accept(value) {
    this.value = value;
    this.stale = false;
    this.#receivedAt = performance.now();
    this.dispatchEvent(new Event("change"));
  }

  /** The server's clock, in milliseconds: the page's own may be minutes off. */
  now() {
    return this.value ? Date.parse(this.value.now) + performance.now() - this.#receivedAt : Date.now();
  }

  /** Recorded time of the run at this instant, in milliseconds. */
  elapsedMs() {
    const run = this.value?.run;
    if (!run) return 0;
    return this.value.recording ? run.elapsed_ms + performance.now() - this.#receivedAt : run.elapsed_ms;
  }

  async #ask() {
    try {
      this.accept(await getJson(this.#url));
    } catch {
      this.stale = true;
      this.dispatchEvent(new Event("stale"));
    }
  }

  #schedule() {
    clearTimeout(this.#timer);
    if (!this.#users) return;
    const busy = isChanging(this.value?.run?.status);
    this.#timer = setTimeout(() => this.refresh(), busy ? BUSY_MS : CALM_MS);
  }
}
