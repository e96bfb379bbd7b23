/** Two videos that lie on each other: one is shown, the other has something loaded or is free. */

import { Film } from "./film.js";

export class Stack extends EventTarget {
  #videos;
  #shown = 0;
  #segments = [null, null];
  /** @type {(Film | null)[]} */
  #films = [null, null];

  constructor(videos) {
    super();
    this.#videos = videos;
    for (const video of videos) {
      video.preload = "auto";
      video.playsInline = true;
    }
  }

  get videos() {
    return this.#videos;
  }

  get shown() {
    return this.#videos[this.#shown];
  }

  get other() {
    return this.#videos[1 - this.#shown];
  }

  /** The piece that this video has loaded, or null. */
  segmentIn(video) {
    return this.#segments[this.#videos.indexOf(video)];
  }

  /** Where the piece is loaded already, else the video that may be disturbed. */
  placeFor({ segment }) {
    const there = this.#videos.find((video) => this.segmentIn(video) === segment && !video.error);
    return there ?? (this.segmentIn(this.shown) === null ? this.shown : this.other);
  }

  /** @param {number} runMs where it will be shown first */
  load(video, span, runMs) {
    const which = this.#videos.indexOf(video);
    if (this.segmentIn(video) === span.segment && !video.error) {
      this.#films[which]?.update(span);
      return;
    }
    this.#close(which);
    this.#segments[which] = span.segment;
    if (span.pieces) this.#films[which] = this.#filmOf(video, span, runMs);
    else video.src = span.url;
  }

  /** The film that this video shows, or null. */
  filmIn(video) {
    return this.#films[this.#videos.indexOf(video)];
  }

  #filmOf(video, span, runMs) {
    const film = new Film(video, span, runMs);
    for (const type of ["broken", "unfit"]) {
      film.addEventListener(type, ({ detail }) => this.dispatchEvent(new CustomEvent(type, { detail: { video, piece: detail } })));
    }
    return film;
  }

  #close(which) {
    this.#films[which]?.close();
    this.#films[which] = null;
  }

  /** What it had does not load. */
  empty(video) {
    this.#close(this.#videos.indexOf(video));
    this.#segments[this.#videos.indexOf(video)] = null;
  }

  /** Puts it in front. Pictures of both are there, so this is a change of style and nothing else. */
  show(video) {
    this.#shown = this.#videos.indexOf(video);
    for (const each of this.#videos) each.dataset.shown = each === video;
  }
}
