/** Two videos that lie on each other: one is shown, the other has something loaded or is free. */

export class Stack {
  #videos;
  #shown = 0;
  #segments = [null, null];

  constructor(videos) {
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

  load(video, { segment, url }) {
    if (this.segmentIn(video) === segment && !video.error) return;
    this.#segments[this.#videos.indexOf(video)] = segment;
    video.src = url;
  }

  /** What it had does not load. */
  empty(video) {
    this.#segments[this.#videos.indexOf(video)] = null;
  }

  /** Puts it in front. Pictures of both are there, so this is a change of style and nothing else. */
  show(video) {
    this.#shown = this.#videos.indexOf(video);
    for (const each of this.#videos) each.dataset.shown = each === video;
  }
}
