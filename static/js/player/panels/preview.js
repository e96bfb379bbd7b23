/** Thumbnails and sound levels of a run, for its line: fetched once they are made, and others in their place. */

import { getJson } from "../../shared/api.js";
import { Thumbnails } from "./thumbnails.js";

// They are begun when a recording is complete; those of a week take a while.
const PATIENCE_MS = 3_600_000;

export class RunPreview {
  #scrubber;
  #seen = { thumbnails: null, levels: null };

  /** @param {import("./scrubber.js").Scrubber} scrubber */
  constructor(scrubber) {
    this.#scrubber = scrubber;
  }

  /** Whether one may still come for this run, so that it is worth while to ask again. */
  isAwaited({ ended_at: endedAt }) {
    return !(this.#seen.thumbnails && this.#seen.levels) && Date.now() - Date.parse(endedAt) < PATIENCE_MS;
  }

  /** Takes what lies at these addresses, null until it is made; a recording plays as well without. */
  take({ thumbnails, levels }) {
    this.#fetch("thumbnails", thumbnails, async (url) => {
      this.#scrubber.thumbnails = new Thumbnails(await text(url), new URL(url, location.href));
    });
    this.#fetch("levels", levels, async (url) => { this.#scrubber.levels = await getJson(url); });
  }

  async #fetch(what, url, use) {
    if (!url || url === this.#seen[what]) return;
    this.#seen[what] = url;
    await use(url).catch((error) => {
      console.info(`no ${what}:`, error.message);
      // What cannot be fetched now is asked for with the next look.
      if (this.#seen[what] === url) this.#seen[what] = null;
    });
  }
}

async function text(url) {
  const answer = await fetch(url, { signal: AbortSignal.timeout(15_000) });
  if (!answer.ok) throw new Error(`${answer.status} for ${url}`);
  return answer.text();
}
