/** One MP4 of the whole run: asked for, waited for with its progress, called off, fetched. */

import { getJson, postJson } from "../../shared/api.js";
import { byId } from "../../shared/config.js";

const LOOK_MS = 1500;
const ACTIVE = ["queued", "running"];
const WORDS = { queued: "Waiting for its turn…", running: "Being made…", cancelled: "Called off." };

export class Download {
  #url;
  /** @type {any} */
  #export = null;
  #timer = 0;

  /** @param {() => string} url of the run's exports */
  constructor(url) {
    this.#url = url;
    byId("export").addEventListener("click", () => this.#do(() => postJson(this.#url(), { gaps: byId("export-gaps").value })));
    byId("export-cancel").addEventListener("click", () => this.#do(() => postJson(`${this.#address}cancel/`)));
  }

  /** Shows what was asked for before; whoever may only watch sees what is done. */
  async show() {
    const [newest] = await getJson(this.#url()).catch(() => []);
    if (newest) this.#take(newest);
  }

  get #address() {
    return this.#url().replace(/runs\/[^/]+\/exports\/$/, `exports/${this.#export.id}/`);
  }

  async #do(call) {
    byId("export").disabled = true;
    byId("export-words").textContent = "Asking…";
    try {
      this.#take(await call());
    } catch (error) {
      byId("export-words").textContent = error.message;
      byId("export").disabled = false;
    }
  }

  #take(made) {
    this.#export = made;
    const active = ACTIVE.includes(made.status);
    byId("export").disabled = active;
    byId("export-cancel").hidden = byId("export-progress").hidden = !active;
    byId("export-progress").value = made.progress;
    byId("export-link").hidden = made.status !== "done";
    if (made.url) byId("export-link").href = made.url;
    byId("export-words").textContent = inWords(made);
    clearTimeout(this.#timer);
    if (active) this.#timer = setTimeout(() => this.#look(), LOOK_MS);
  }

  async #look() {
    await getJson(this.#address).then((made) => this.#take(made)).catch(() => {
      this.#timer = setTimeout(() => this.#look(), LOOK_MS);
    });
  }
}

export function inWords({ status, progress, size, error }) {
  if (status === "done") return `Ready, ${size >= 1e9 ? `${(size / 1e9).toFixed(1)} GB` : `${Math.max(1, Math.round(size / 1e6))} MB`}.`;
  if (status === "failed") return `It could not be made: ${error || "the reason is in the log"}. The recording itself is safe.`;
  if (status === "removed") return error;
  if (status === "running") return `Being made, ${Math.round(progress * 100)} %`;
  return WORDS[status] ?? "";
}
