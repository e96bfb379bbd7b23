/** The run as a line: pieces faint, seams as ticks, gaps hatched; and the same as a list. */

import { svgElement } from "../../shared/elements.js";
import { byId } from "../../shared/config.js";
import { position as clockAt, words } from "../../shared/format.js";
import { causeOf, isGap, isPending, lengthOf, remarksAt } from "../engine/timeline.js";

/** @typedef {import("../engine/timeline.js").Remark} Remark */

const WIDTH = 1000;
const HEIGHT = 24;
// Quieter than this part of the loudest is drawn as a line, so that one sees that there is sound.
const LEAST_LEVEL = 0.04;
// More ticks than this cannot be told apart on any screen; they would only be slow.
const MOST_MARKS = 2000;

export class Scrubber {
  #input = byId("position");
  /** @type {import("../engine/timeline.js").Timeline | null} */
  #timeline = null;
  #wallClock;
  #dragging = false;
  /** @type {{every_ms: number, peaks: number[]} | null} */
  #levels = null;
  /** @type {Remark[]} */
  #remarks = [];
  /** Set when there are any. @type {import("./thumbnails.js").Thumbnails | null} */
  thumbnails = null;

  /** @param {(runMs: number) => void} seek @param {(runMs: number) => string} wallClock */
  constructor(seek, wallClock) {
    this.#wallClock = wallClock;
    this.#input.addEventListener("input", () => { this.#dragging = true; seek(Number(this.#input.value)); });
    this.#input.addEventListener("change", () => { this.#dragging = false; });
    byId("scrubber").addEventListener("pointermove", (event) => this.#hover(event));
    byId("scrubber").addEventListener("pointerleave", () => { byId("hover").hidden = true; });
  }

  /** @param {{every_ms: number, peaks: number[]}} levels the loudest sample, 0 to 1, of each interval of the run */
  set levels(levels) {
    this.#levels = levels;
    if (this.#timeline) this.show(this.#timeline);
  }

  /** @param {Remark[]} remarks visible and audible faults, and when */
  set remarks(remarks) {
    if (JSON.stringify(remarks) === JSON.stringify(this.#remarks)) return;
    this.#remarks = remarks;
    if (this.#timeline) this.show(this.#timeline);
  }

  show(timeline) {
    this.#timeline = timeline;
    this.#input.max = timeline.duration;
    const scale = WIDTH / Math.max(timeline.duration, 1);
    const svg = byId("marks");
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.replaceChildren(
      ...timeline.spans.slice(0, MOST_MARKS).map((span) => bar(span, scale)),
      ...(this.#levels ? [svgElement("path", { class: "levels", d: outline(this.#levels, timeline.duration) })] : []),
      svgElement("rect", { class: "played", x: 0, y: 0, width: 0, height: HEIGHT }),
      ...this.#remarks.slice(0, MOST_MARKS).map((remark) => stretch(remark, scale)),
      ...timeline.seams().slice(0, MOST_MARKS).map((at) => svgElement("line", { class: "seam", x1: at * scale, x2: at * scale, y1: 2, y2: HEIGHT - 2 })),
    );
    byId("gap-labels").replaceChildren(...timeline.gaps().slice(0, MOST_MARKS).map((gap) => label(gap, timeline.duration)));
  }

  move(runMs) {
    const duration = this.#timeline?.duration ?? 0;
    if (!this.#dragging) this.#input.value = runMs;
    this.#input.setAttribute("aria-valuetext", `${words(runMs)} of ${words(duration)}`);
    byId("marks").querySelector(".played")?.setAttribute("width", (runMs / Math.max(duration, 1)) * WIDTH);
  }

  #hover({ clientX }) {
    if (!this.#timeline?.duration) return;
    const box = byId("marks").getBoundingClientRect();
    const part = Math.min(Math.max((clientX - box.left) / box.width, 0), 1);
    const runMs = part * this.#timeline.duration;
    const place = this.#timeline.locate(runMs);
    if (!place) return;
    const gap = isGap(place.span);
    const hover = byId("hover");
    hover.hidden = false;
    this.#showPicture(gap ? null : this.thumbnails?.at(runMs));
    byId("hover-words").textContent = [clockAt(runMs), this.#wallClock(runMs), gap ? causeOf(place.span) : "", ...remarksAt(this.#remarks, runMs)].filter(Boolean).join(" · ");
    const half = hover.offsetWidth / 2;
    const outer = byId("scrubber").getBoundingClientRect();
    hover.style.left = `${Math.min(Math.max(clientX - outer.left, half), outer.width - half)}px`;
  }

  #showPicture(cue) {
    const picture = byId("hover-picture");
    picture.hidden = !cue;
    if (!cue) return;
    Object.assign(picture.style, {
      width: `${cue.width}px`, height: `${cue.height}px`,
      background: `url("${cue.url}") -${cue.x}px -${cue.y}px`,
    });
  }
}

function bar(span, scale) {
  const element = svgElement("rect", {
    class: span.kind === "gap" ? "gap" : "piece", x: span.start_ms * scale, y: 0, height: HEIGHT,
    width: Math.max(lengthOf(span) * scale, isGap(span) ? 3 : 0.5),
    ...(isGap(span) ? { fill: "url(#hatch)" } : {}),
  });
  element.dataset.session = span.session ?? "";
  return element;
}

/** Along the lower edge, wide enough to be seen. @param {Remark} remark */
function stretch({ start_ms: start, end_ms: end }, scale) {
  const width = Math.max((end - start) * scale, 2);
  return svgElement("rect", { class: "remark", x: Math.min(start * scale, WIDTH - width), y: HEIGHT - 4, width, height: 4 });
}

/** How much is missing, where there is room for the words. */
function label(gap, duration) {
  const text = document.createElement("b");
  text.textContent = `${words(lengthOf(gap))} ${isPending(gap) ? "not ready yet" : "missing"}`;
  const place = document.createElement("span");
  place.style.left = `${(gap.start_ms / duration) * 100}%`;
  place.style.width = `${(lengthOf(gap) / duration) * 100}%`;
  place.append(text);
  return place;
}

/** Upwards and downwards from the middle, a column for each of the line's WIDTH. */
function outline({ every_ms: every, peaks }, duration) {
  const loudest = Math.max(LEAST_LEVEL, peaks.reduce((most, peak) => Math.max(most, peak), 0));
  const columns = Array.from({ length: WIDTH }, (_, x) => {
    const from = Math.floor((x / WIDTH) * duration / every);
    const to = Math.max(from + 1, Math.ceil(((x + 1) / WIDTH) * duration / every));
    const peak = peaks.slice(from, to).reduce((most, each) => Math.max(most, each), 0);
    return peak ? Math.max(LEAST_LEVEL, peak / loudest) * (HEIGHT / 2 - 1) : 0;
  });
  const above = columns.map((height, x) => `L${x} ${(HEIGHT / 2 - height).toFixed(1)}`);
  const below = columns.map((height, x) => `L${x} ${(HEIGHT / 2 + height).toFixed(1)}`).reverse();
  return `M0 ${HEIGHT / 2}${above.join("")}${below.join("")}Z`;
}

/** Every piece and gap as a button that leads there. */
export function renderSpans(list, timeline, seek) {
  let number = 0;
  list.replaceChildren(...timeline.spans.map((span) => {
    if (!isGap(span)) number += 1;
    const button = document.createElement("button");
    button.type = "button";
    const cells = isGap(span)
      ? [clockAt(span.start_ms), `Gap: ${causeOf(span)}`, words(lengthOf(span))]
      : [clockAt(span.start_ms), `Segment ${number}`, words(lengthOf(span))];
    button.append(...cells.map((text) => Object.assign(document.createElement("span"), { textContent: text })));
    button.addEventListener("click", () => seek(span.start_ms));
    const item = document.createElement("li");
    item.append(button);
    return item;
  }));
}
