/** What hosts do with a recording: rename it, share it, put it into the trash and back; operators hold it. */

import { patchJson, postJson } from "./api.js";
import { announce } from "./announce.js";
import { byId, config } from "./config.js";
import { LinksDialog } from "./links-dialog.js";

const FINISHED = ["complete", "failed"];

export class RunActions {
  #changed;
  #failed;
  /** @type {any} */
  #run = null;
  #shares = new LinksDialog(byId("share-dialog"));

  /**
   * @param {(run: object, words: string) => void} changed with the run as it is now and what was done
   * @param {(message: string) => void} failed with what went wrong outside of a dialog
   */
  constructor(changed, failed) {
    this.#changed = changed;
    this.#failed = failed;
    for (const button of document.querySelectorAll("dialog [data-close]")) {
      button.addEventListener("click", () => button.closest("dialog").close());
    }
    byId("rename-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#finish("rename", () => patchJson(this.#address, { name: byId("rename-name").value }), "Renamed.");
    });
    byId("trash-confirm").addEventListener("click", () => {
      this.#finish("trash", () => postJson(`${this.#address}trash/`), "Moved to the trash.");
    });
  }

  /** [what, its label] of everything that may be done to this run now, by whoever looks at it. */
  static of(run) {
    const found = [];
    if (run.hosted && run.trashed_at) found.push(["restore", "Restore"]);
    if (run.hosted && !run.trashed_at) {
      found.push(["rename", "Rename…"], ["share", "Share…"]);
      if (FINISHED.includes(run.status) && !run.legal_hold) found.push(["trash", "Move to the trash…"]);
    }
    if (config.may_hold) found.push(run.legal_hold ? ["release", "End the legal hold"] : ["hold", "Put on legal hold"]);
    return found;
  }

  do(what, run) {
    this.#run = run;
    const doing = { rename: () => this.#rename(), share: () => this.#share(), trash: () => this.#trash() }[what];
    return doing ? doing() : this.#at(what);
  }

  get #address() {
    return `${config.urls.runs}${this.#run.id}/`;
  }

  #share() {
    return this.#shares.open(`${this.#address}shares/`, this.#run.name);
  }

  #rename() {
    byId("rename-name").value = this.#run.name;
    byId("rename-problem").hidden = true;
    byId("rename-dialog").showModal();
    byId("rename-name").select();
  }

  #trash() {
    byId("trash-name").textContent = this.#run.name;
    byId("trash-problem").hidden = true;
    byId("trash-dialog").showModal();
  }

  async #at(what) {
    const words = { restore: "Restored.", hold: "On legal hold.", release: "The legal hold is ended." }[what];
    try {
      this.#tell(await postJson(`${this.#address}${what}/`), words);
    } catch (error) {
      this.#failed(error.message);
    }
  }

  /** @param {"rename" | "trash"} name of the dialog @param {() => Promise<any>} call @param {string} words */
  async #finish(name, call, words) {
    const button = byId(`${name}-dialog`).querySelector(".primary");
    button.disabled = true;
    try {
      const run = await call();
      byId(`${name}-dialog`).close();
      this.#tell(run, words);
    } catch (error) {
      byId(`${name}-problem`).textContent = `${error.message} Nothing was changed.`;
      byId(`${name}-problem`).hidden = false;
    } finally {
      button.disabled = false;
    }
  }

  #tell(run, words) {
    announce(words);
    this.#changed(run, words);
  }
}
