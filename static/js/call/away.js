/**
 * Reports to the server how long this person's connection was lost, or their browser stood still: a recording then
 * says who may be missing, and when.
 */

import { postJson } from "../shared/api.js";

// What is shorter is within what the times are good for.
const SHORTEST_MS = 1_000;
const AGAIN_MS = 5_000;
// How often the page looks at the clock. A look that is late by less than STOOD_MS is no standstill.
const LOOK_MS = 1_000;
const STOOD_MS = 4_000;
// As long as a page goes on trying to come back.
const LONGEST_MS = 86_400_000;

export class Away {
  #link;
  #url;
  #person;
  /** @type {number | null} */
  #since = null;
  #published = false;
  #lookedAt = Date.now();

  /** @param {import("./session-link.js").SessionLink} link @param {() => {participant: string, name: string}} person */
  constructor(link, url, person) {
    this.#link = link;
    this.#url = url;
    this.#person = person;
    link.addEventListener("state", () => this.#follow(link.state));
    setInterval(() => this.#look(), LOOK_MS);
  }

  /** A socket may outlive a browser that stood still (a closed laptop), and then no state has changed. */
  #look() {
    const now = Date.now();
    const stoodMs = now - this.#lookedAt - LOOK_MS;
    this.#lookedAt = now;
    // What the connection says is reported when it is back.
    if (stoodMs < STOOD_MS || this.#since !== null || this.#link.state !== "publishing") return;
    this.#tell({ ...this.#person(), away_ms: Math.min(Math.round(stoodMs), LONGEST_MS), stood_still: true }, now);
  }

  #follow(state) {
    if (state === "publishing") {
      this.#back();
      this.#published = true;
    } else if (state === "reconnecting") {
      // The wall clock goes on while a laptop sleeps, the page's own does not.
      if (this.#published) this.#since ??= Date.now();
    } else if (["idle", "removed"].includes(state)) {
      // Whoever leaves is not missing.
      this.#published = false;
      this.#since = null;
    }
  }

  #back() {
    const backAt = Date.now();
    const awayMs = this.#since === null ? 0 : Math.min(backAt - this.#since, LONGEST_MS);
    if (awayMs >= SHORTEST_MS) this.#tell({ ...this.#person(), away_ms: awayMs }, backAt);
    this.#since = null;
  }

  async #tell(what, backAt) {
    const agoMs = Math.max(0, Date.now() - backAt);
    if (agoMs > LONGEST_MS) return;
    try {
      await postJson(this.#url, { ...what, ago_ms: agoMs });
    } catch (error) {
      if (error.unreachable || error.status === 429) setTimeout(() => this.#tell(what, backAt), AGAIN_MS);
      else console.info("not told that the connection was away:", error.message);
    }
  }
}
