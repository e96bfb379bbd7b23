/**
 * Plays a timeline with two stacked videos: one shows, the other has the next piece loaded and waits ahead of its
 * in-point. Near a seam changeover.js starts it and lets it take over: no repeat, no stall, no black.
 *
 * Events: "state" (playing, waiting, gap or end changed), "seam", "broken" (detail: span).
 */

import { ChangeOver, leadOf } from "./changeover.js";
import { crossFade } from "./cross-fade.js";
import { GapClock } from "./gap-clock.js";
import { Timeline, endOf, isGap } from "./timeline.js";
import { seekTo } from "./video-seek.js";

const LOOK_MS = 40;

export class Playback extends EventTarget {
  timeline = new Timeline();
  playing = false;
  waiting = false;
  ended = false;
  #videos;
  #active = 0;
  #index = -1;
  #loaded = [null, null];
  #gap = null;
  #changeOver = null;
  #rate = 1;
  #volume = 1;
  #muted = false;
  #timer = 0;
  #ticket = 0;
  #target = null;

  /** @param {HTMLVideoElement[]} videos two, stacked */
  constructor(videos) {
    super();
    this.#videos = videos;
    for (const video of videos) {
      video.preload = "auto";
      video.playsInline = true;
      for (const type of ["waiting", "playing", "pause", "ended"]) video.addEventListener(type, () => this.#noticed(video, type));
      video.addEventListener("error", () => this.#broken(video));
    }
  }

  get index() {
    return this.#index;
  }

  get span() {
    return this.timeline.spans[this.#index] ?? null;
  }

  get video() {
    return this.#videos[this.#active];
  }

  get inGap() {
    return Boolean(this.#gap);
  }

  /** Where the run stands, in milliseconds. */
  get position() {
    const { span } = this;
    if (this.#target !== null) return this.#target;
    if (!span) return 0;
    if (this.#gap) return Math.min(this.#gap.position, endOf(span));
    return this.timeline.runMs(this.#index, this.video.currentTime * 1000);
  }

  /** Takes a newer timeline of the same run, fresh links and all, without a jump. */
  setTimeline(timeline) {
    const { position, span } = this;
    this.timeline = timeline;
    if (!span) return;
    const kept = timeline.indexOfPiece(span.segment, position);
    if (kept >= 0 && !this.#gap && !this.ended) {
      this.#index = kept;
      if (!this.#changeOver?.started) this.#loadNext();
    } else {
      this.seek(position);
    }
    this.#changed();
  }

  async play() {
    if (this.ended) await this.seek(0);
    this.playing = true;
    if (this.#gap) this.#gap.run(true);
    else await this.#start(this.video);
    this.#changed();
    this.#schedule();
  }

  pause() {
    this.#gap?.run(false);
    this.playing = false;
    for (const video of this.#videos) video.pause();
    if (this.#changeOver?.started) this.#loadNext();
    this.#changed();
  }

  /** Shows the run at this instant; resolves when the picture stands. A later seek overtakes an earlier one. */
  async seek(runMs) {
    const place = this.timeline.locate(runMs);
    if (!place) return;
    const ticket = ++this.#ticket;
    this.ended = false;
    this.#dropChangeOver();
    this.#target = this.timeline.clamp(runMs);
    this.#videos[1 - this.#active].pause();
    clearTimeout(this.#timer);
    if (isGap(place.span)) this.#enterGap(place.index, this.timeline.clamp(runMs));
    else await this.#show(place, ticket);
    if (ticket !== this.#ticket) return;
    this.#target = null;
    this.#changed();
    this.#schedule();
  }

  setRate(rate) {
    this.#gap?.setRate(rate);
    this.#rate = rate;
    for (const video of this.#videos) video.playbackRate = rate;
    if (this.span && !this.#gap) this.#loadNext();
    this.#schedule();
  }

  setVolume(volume, muted) {
    this.#volume = volume;
    this.#muted = muted;
    this.video.volume = volume;
    for (const video of this.#videos) video.muted = muted;
  }

  /** Leaves a gap at once for what comes after it. */
  skipGap() {
    return this.#gap ? this.seek(endOf(this.span)) : Promise.resolve();
  }

  /** Loads what shows now once more, after its link died. */
  async reload() {
    const { position } = this;
    this.#loaded = [null, null];
    await this.seek(position);
  }

  // -- what shows ------------------------------------------------------------------------------

  async #show({ index, mediaMs }, ticket) {
    this.#setWaiting(true);
    const slot = this.#slotFor(index);
    const video = this.#videos[slot];
    if (slot !== this.#active) this.video.pause();
    this.#load(slot, index);
    await seekTo(video, mediaMs);
    if (ticket !== this.#ticket) return;
    if (slot !== this.#active) this.#swap(slot);
    this.#gap = null;
    this.#index = index;
    video.playbackRate = this.#rate;
    video.volume = this.#volume;
    video.muted = this.#muted;
    this.#setWaiting(false);
    this.#loadNext();
    if (this.playing) await this.#start(video);
    this.#changed();
  }

  /** Where the piece is loaded already, else the video that may be disturbed. */
  #slotFor(index) {
    const { segment } = this.timeline.spans[index];
    const there = this.#loaded.indexOf(segment);
    if (there >= 0 && !this.#videos[there].error) return there;
    return this.#loaded[this.#active] === null ? this.#active : 1 - this.#active;
  }

  #load(slot, index) {
    const { segment, url } = this.timeline.spans[index];
    if (this.#loaded[slot] === segment && !this.#videos[slot].error) return;
    this.#loaded[slot] = segment;
    this.#videos[slot].src = url;
  }

  /** Has the other video stand a little before the next piece's in-point, as far as the overlap reaches. */
  #loadNext() {
    this.#dropChangeOver();
    const next = this.timeline.nextPiece(this.#index);
    if (next < 0) return;
    const slot = 1 - this.#active;
    const span = this.timeline.spans[next];
    if (span.segment === this.#loaded[this.#active]) return;
    this.#load(slot, next);
    const video = this.#videos[slot];
    video.pause();
    // Sought before its metadata is there it would start at 0: the element keeps this as its default start.
    const follows = next === this.#index + 1 && !isGap(this.span);
    video.currentTime = (span.in_ms - (follows ? leadOf(span, this.#rate) : 0)) / 1000;
    if (follows) this.#changeOver = new ChangeOver(this.video, video, this.span, span, this.#rate, () => this.#change(span));
  }

  #dropChangeOver() {
    this.#changeOver?.cancel();
    this.#changeOver = null;
  }

  async #start(video) {
    try {
      await video.play();
    } catch (error) {
      // A pause that overtakes a play is no failure; a browser that wants a click first is.
      if (error.name === "NotAllowedError") this.pause();
    }
  }

  #swap(slot) {
    const old = this.video;
    this.#active = slot;
    for (const [index, video] of this.#videos.entries()) video.dataset.shown = index === slot;
    old.pause();
  }

  // -- seams -----------------------------------------------------------------------------------

  /** Looks again soon, and exactly when the lead or the end is near. */
  #schedule() {
    clearTimeout(this.#timer);
    if (!this.playing || !this.span || this.#target !== null) return;
    const left = (endOf(this.span) - this.position) / this.#rate;
    const rest = this.#changeOver ? this.#changeOver.rest : Math.min(LOOK_MS, left);
    this.#timer = setTimeout(() => this.#look(), Math.max(0, rest));
  }

  #look() {
    if (!this.playing || !this.span) return;
    if (this.#changeOver) {
      if (!this.#changeOver.look()) this.#pass();
    } else if (endOf(this.span) - this.position <= 1) {
      this.#pass();
    }
    this.#schedule();
  }

  /** On to the next span without a change-over: into a gap, to the end, or by a seek that may be seen. */
  #pass() {
    const next = this.#index + 1;
    const span = this.timeline.spans[next];
    if (!span) this.#finish();
    else if (isGap(span)) this.#enterGap(next, span.start_ms);
    else this.seek(span.start_ms);
  }

  #change(span) {
    const [old, fresh] = [this.video, this.#videos[1 - this.#active]];
    this.#changeOver = null;
    this.#index = this.timeline.indexOfPiece(span.segment, span.start_ms);
    this.#active = 1 - this.#active;
    for (const [index, video] of this.#videos.entries()) video.dataset.shown = index === this.#active;
    crossFade(old, fresh, () => this.#volume, () => {
      old.pause();
      if (this.video === fresh) this.#loadNext();
    });
    this.dispatchEvent(new Event("seam"));
    this.#changed();
    this.#schedule();
  }

  #enterGap(index, from) {
    this.#index = index;
    this.#gap = new GapClock(from, this.#rate, this.playing);
    for (const video of this.#videos) video.pause();
    this.#setWaiting(false);
    this.#loadNext();
    this.#changed();
  }

  #finish() {
    this.ended = true;
    this.pause();
  }

  // -- what the videos say -----------------------------------------------------------------------

  #noticed(video, type) {
    if (video !== this.video || this.#gap) return;
    if (type === "waiting") this.#setWaiting(true);
    if (type === "playing") this.#setWaiting(false);
    // A file may be a little shorter than its measured span: the seam comes now.
    if (type === "ended" && this.playing && !(this.#changeOver?.started && this.#changeOver.look())) this.#pass();
  }

  #broken(video) {
    const slot = this.#videos.indexOf(video);
    if (!this.#loaded[slot]) return;
    const segment = this.#loaded[slot];
    this.#loaded[slot] = null;
    const span = this.timeline.spans.find((each) => each.segment === segment);
    if (span) this.dispatchEvent(new CustomEvent("broken", { detail: { span, shown: slot === this.#active } }));
  }

  #setWaiting(waiting) {
    if (this.waiting === waiting) return;
    this.waiting = waiting;
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("state"));
  }
}
