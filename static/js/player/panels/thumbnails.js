/** The pictures of a run for its scrubber: a WebVTT file whose cues name parts of one picture, #xywh=x,y,w,h. */

import { cuesOf, lastBegun } from "./webvtt.js";

export class Thumbnails {
  #cues;

  constructor(text, base) {
    this.#cues = cuesOf(text).flatMap((cue) => {
      const [, address, box] = cue.text.match(/^(.*)#xywh=([\d,]+)$/) ?? [];
      if (!box) return [];
      const [x, y, width, height] = box.split(",").map(Number);
      return [{ from: cue.from, to: cue.to, url: new URL(address, base).href, x, y, width, height }];
    });
  }

  /** The cue that covers this instant of the run, or null: {from, to, url, x, y, width, height}. */
  at(runMs) {
    const cue = this.#cues[lastBegun(this.#cues, runMs)];
    return cue && runMs <= cue.to ? cue : null;
  }
}
