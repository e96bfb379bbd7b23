/** What was said, over the picture: one WebVTT file in the run's own time, whatever piece is shown. */

import { announce } from "../../shared/announce.js";
import { byId } from "../../shared/config.js";
import { cuesOf, lastBegun } from "./webvtt.js";

const REMEMBERED = "captions";
const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };

export class Captions {
  #cues = [];
  #longest = 0;
  #url = null;
  #shown = "";

  constructor() {
    byId("captions").addEventListener("click", () => this.toggle());
  }

  get on() {
    return byId("captions").getAttribute("aria-pressed") === "true";
  }

  /** Takes the captions at this address, or none; a recording plays as well without them. */
  async load(url) {
    if (url === this.#url) return;
    this.#url = url;
    const answer = url && await fetch(url, { signal: AbortSignal.timeout(15_000) }).catch(() => null);
    const cues = answer?.ok ? cuesOf(await answer.text()) : [];
    if (url !== this.#url) return;
    // What cannot be fetched now is asked for with the next look.
    if (url && !answer?.ok) this.#url = null;
    this.#cues = cues.map((cue) => ({ ...cue, text: cue.text.replace(/&(lt|gt|amp);/g, (entity) => ENTITIES[entity]) }));
    this.#longest = Math.max(0, ...this.#cues.map(({ from, to }) => to - from));
    byId("captions").hidden = !this.#cues.length;
    this.#press(localStorage.getItem(REMEMBERED) === "on");
  }

  toggle() {
    if (!this.#cues.length) return;
    localStorage.setItem(REMEMBERED, this.on ? "off" : "on");
    this.#press(!this.on);
    announce(this.on ? "Captions on" : "Captions off");
  }

  /** Shows what is said at this instant of the run. */
  show(runMs) {
    const text = this.on ? this.#at(runMs).join("\n") : "";
    if (text === this.#shown) return;
    this.#shown = text;
    byId("caption").textContent = text;
    byId("caption").hidden = !text;
  }

  #at(runMs) {
    const found = [];
    for (let index = lastBegun(this.#cues, runMs); index >= 0 && this.#cues[index].from > runMs - this.#longest; index -= 1) {
      if (runMs < this.#cues[index].to) found.unshift(this.#cues[index].text);
    }
    return found;
  }

  #press(on) {
    byId("captions").setAttribute("aria-pressed", on);
  }
}
