/**
 * Plays a timeline with two stacked videos: one shows, the other has the next part loaded. Pieces that follow each other
 * are one part, a reel (reels.js), which film.js plays without a change of video. Between parts that meet, handover.js
 * starts the other one ahead of the seam and lets it take over.
 *
 * Events: "state" (playing, waiting, gap or end changed), "video" (the other one shows now), "broken" (detail: span).
 */

import { Handover, leadOf } from "./handover.js";
import { crossFade } from "./cross-fade.js";
import { canFilm } from "./film-fit.js";
import { GapClock } from "./gap-clock.js";
import { reelsOf } from "./reels.js";
import { Stack } from "./stack.js";
import { Timeline, endOf, isGap, lengthOf } from "./timeline.js";
import { seekTo } from "./video-seek.js";

const LOOK_MS = 40;
// The next piece but one is loaded a little after a seam: opening a file takes a decoder's time from those that play.
const SETTLE_MS = 1500;
// A picture stands at the end until so shortly before it.
const LAST_MS = 1;

export class Playback extends EventTarget {
  timeline = new Timeline();
  /** What is played: the timeline with pieces that follow each other joined to reels. */
  #line = new Timeline();
  #unfit = new Set();
  playing = false;
  waiting = false;
  ended = false;
  /** All there is has been played, and more is still being recorded: it goes on by itself. */
  atEdge = false;
  #growing = false;
  #stack;
  #index = -1;
  /** @type {GapClock | null} */
  #gap = null;
  /** @type {Handover | null} */
  #changeOver = null;
  #rate = 1;
  #volume = 1;
  #muted = false;
  #timer = 0;
  #settling = 0;
  #ticket = 0;
  /** @type {number | null} */
  #target = null;
  /** The video that a seek waits for. @type {HTMLVideoElement | null} */
  #wanted = null;

  /** @param {HTMLVideoElement[]} videos two, stacked */
  constructor(videos) {
    super();
    this.#stack = new Stack(videos);
    this.#stack.addEventListener("broken", ({ detail }) => this.#lost(detail.video, detail.piece));
    this.#stack.addEventListener("unfit", ({ detail }) => this.#cannotFilm(detail.video, detail.piece));
    for (const video of videos) {
      for (const type of ["waiting", "playing", "play", "pause", "ended"]) video.addEventListener(type, () => this.#noticed(video, type));
      video.addEventListener("error", () => this.#broken(video));
    }
  }

  /** Which of the timeline's spans is shown. */
  get index() {
    return this.#part ? this.timeline.indexAt(this.position) : -1;
  }

  get span() {
    return this.timeline.spans[this.index] ?? null;
  }

  get #part() {
    return this.#line.spans[this.#index] ?? null;
  }

  get video() {
    return this.#stack.shown;
  }

  get inGap() {
    return Boolean(this.#gap);
  }

  /** Where the run stands, in milliseconds. */
  get position() {
    const span = this.#part;
    if (this.#target !== null) return this.#target;
    if (!span) return 0;
    if (this.#gap) return Math.min(this.#gap.position, endOf(span));
    if (this.ended || this.atEdge) return endOf(span);
    const runMs = this.#line.runMs(this.#index, this.video.currentTime * 1000);
    return Math.round(endOf(span) - runMs) <= LAST_MS ? endOf(span) : runMs;
  }

  /** Takes a newer timeline of the same run, fresh links and all, without a jump. */
  setTimeline(timeline) {
    this.timeline = timeline;
    this.#lay();
  }

  #lay() {
    const { position } = this;
    const part = this.#part;
    this.#line = new Timeline(canFilm() ? reelsOf(this.timeline.spans, this.#unfit) : this.timeline.spans);
    if (!part) return;
    const kept = this.#line.indexOfPiece(part.segment, position);
    if (kept >= 0 && !this.#gap && !this.ended && !this.atEdge) {
      this.#index = kept;
      this.#stack.load(this.video, this.#part, position);
      if (!this.#changeOver?.started) this.#loadNext();
    } else {
      this.seek(position);
    }
    this.#changed();
  }

  /** More may come after the end: it is waited for there. */
  set growing(growing) {
    this.#growing = growing;
    if (this.atEdge && !growing) this.#finish();
  }

  async play() {
    if (this.ended) await this.seek(0);
    this.playing = true;
    if (this.#gap) this.#gap.run(true);
    else if (!this.atEdge) await this.#start(this.video);
    this.#changed();
    this.#schedule();
  }

  pause() {
    this.#gap?.run(false);
    this.playing = false;
    for (const video of this.#stack.videos) video.pause();
    if (this.#changeOver?.started) this.#loadNext();
    this.#changed();
  }

  /** Shows the run at this instant; resolves when the picture stands. A later seek overtakes an earlier one. */
  async seek(runMs) {
    const place = this.#line.locate(runMs);
    if (!place) return;
    const ticket = ++this.#ticket;
    this.ended = this.atEdge = false;
    this.#dropHandover();
    this.#target = this.#line.clamp(runMs);
    this.#wanted = null;
    this.#stack.other.pause();
    clearTimeout(this.#timer);
    if (isGap(place.span)) this.#enterGap(place.index, this.#target);
    else await this.#show(place, ticket);
    if (ticket !== this.#ticket || this.#wanted) return;
    this.#target = null;
    this.#changed();
    this.#schedule();
  }

  setRate(rate) {
    this.#gap?.setRate(rate);
    this.#rate = rate;
    for (const video of this.#stack.videos) video.playbackRate = rate;
    if (this.#part && !this.#gap) this.#loadNext();
    this.#schedule();
  }

  setVolume(volume, muted) {
    this.#volume = volume;
    this.#muted = muted;
    this.video.volume = volume;
    for (const video of this.#stack.videos) video.muted = muted;
  }

  /** Leaves a gap at once for what comes after it. */
  skipGap() {
    return this.#gap ? this.seek(endOf(this.#part)) : Promise.resolve();
  }

  /** Loads once more what broke, after its link died: what is shown or sought at once, what is next ahead of time. */
  async renew() {
    if (this.#wanted || this.#stack.segmentIn(this.video) === null) await this.seek(this.position);
    else this.#lay();
  }

  /** It cannot be shown: whoever watches is told by somebody else. */
  giveUp() {
    this.pause();
    this.#setWaiting(false);
  }

  // -- what shows ------------------------------------------------------------------------------

  async #show({ index, mediaMs }, ticket) {
    this.#setWaiting(true);
    const span = this.#line.spans[index];
    const video = this.#stack.placeFor(span);
    if (video !== this.video) this.video.pause();
    this.#stack.load(video, span, span.start_ms - span.in_ms + mediaMs);
    this.#wanted = video;
    // At the very end of a film Chromium shows nothing at all.
    await seekTo(video, Math.min(mediaMs, span.out_ms - LAST_MS));
    // Where the link had died the old picture stays, and the wish too, until there is another.
    if (ticket !== this.#ticket || video.error) return;
    this.#wanted = null;
    if (video !== this.video) this.#swap(video);
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

  /** Has the other video stand a little before the next piece's in-point, as far as the overlap reaches. */
  #loadNext() {
    this.#dropHandover();
    const next = this.#line.nextPiece(this.#index);
    if (next < 0) return;
    const span = this.#line.spans[next];
    if (span.segment === this.#stack.segmentIn(this.video)) return;
    const video = this.#stack.other;
    const follows = next === this.#index + 1 && !isGap(this.#part);
    const lead = follows ? leadOf(span, this.#rate) : 0;
    this.#stack.load(video, span, span.start_ms - lead);
    video.pause();
    // Sought before its metadata is there it would start at 0: the element keeps this as its default start.
    video.currentTime = (span.in_ms - lead) / 1000;
    if (follows) this.#changeOver = new Handover(this.video, video, this.#part, span, this.#rate, () => this.#change(span));
  }

  #dropHandover() {
    clearTimeout(this.#settling);
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

  #swap(video) {
    const old = this.video;
    this.#stack.show(video);
    old.pause();
    this.dispatchEvent(new Event("video"));
  }

  // -- seams -----------------------------------------------------------------------------------

  /** Looks again soon, and exactly when the lead or the end is near. */
  #schedule() {
    clearTimeout(this.#timer);
    if (!this.playing || !this.#part || this.#target !== null || this.atEdge) return;
    const left = (endOf(this.#part) - this.position) / this.#rate;
    const rest = this.#changeOver ? this.#changeOver.rest : Math.min(LOOK_MS, left);
    this.#timer = setTimeout(() => this.#look(), Math.max(0, rest));
  }

  #look() {
    if (!this.playing || !this.#part) return;
    if (this.#changeOver) {
      if (!this.#changeOver.look()) this.#pass();
    } else if (endOf(this.#part) - this.position <= 1) {
      this.#pass();
    }
    this.#schedule();
  }

  /** On to the next span without a change-over: into a gap, to the end, or by a seek that may be seen. */
  #pass() {
    const next = this.#index + 1;
    const span = this.#line.spans[next];
    if (!span) this.#finish();
    else if (isGap(span)) this.#enterGap(next, span.start_ms);
    else this.seek(span.start_ms);
  }

  #change(span) {
    const [old, fresh] = [this.video, this.#stack.other];
    this.#changeOver = null;
    this.#index = this.#line.indexOfPiece(span.segment, span.start_ms);
    this.#stack.show(fresh);
    // Whatever else there is to do waits until the new picture is there.
    crossFade(old, fresh, () => this.#volume, () => {
      old.pause();
      this.dispatchEvent(new Event("video"));
      this.#changed();
      clearTimeout(this.#settling);
      this.#settling = setTimeout(() => { if (this.video === fresh) this.#loadNext(); }, Math.min(SETTLE_MS, lengthOf(span) / 4));
    });
    this.#schedule();
  }

  #enterGap(index, from) {
    this.#index = index;
    this.#gap = new GapClock(from, this.#rate, this.playing);
    for (const video of this.#stack.videos) video.pause();
    this.#setWaiting(false);
    this.#loadNext();
    this.#changed();
  }

  #finish() {
    if (this.#growing) {
      this.atEdge = true;
      this.video.pause();
    } else {
      this.atEdge = false;
      this.ended = true;
      this.pause();
    }
    this.#changed();
  }

  // -- what the videos say -----------------------------------------------------------------------

  #noticed(video, type) {
    if (video !== this.video || this.#gap) return;
    if (type === "waiting") this.#setWaiting(true);
    if (type === "playing") this.#setWaiting(false);
    this.#follow(video, type);
    // A file may be a little shorter than its measured span: the seam comes now.
    if (type === "ended" && this.playing && !(this.#changeOver?.started && this.#changeOver.look())) this.#pass();
  }

  /** The keys of a keyboard's own or the window of picture in picture start and stop a video without asking. */
  #follow(video, type) {
    if (this.#target !== null || this.atEdge) return;
    if (type === "pause" && this.playing && video.paused && !video.ended) this.pause();
    if (type === "play" && !this.playing && !video.paused) this.play();
  }

  #broken(video) {
    const segment = this.#stack.segmentIn(video);
    if (!segment) return;
    const film = this.#stack.filmIn(video);
    if (film) this.#cannotFilm(video, film.piece);
    else this.#lost(video, this.timeline.spans.find((each) => each.segment === segment));
  }

  #lost(video, span) {
    const film = this.#stack.filmIn(video);
    const shown = (video === this.video || video === this.#wanted) && (!film || film.starves);
    if (!film) this.#stack.empty(video);
    if (span) this.dispatchEvent(new CustomEvent("broken", { detail: { span, shown } }));
  }

  /** The browser plays this piece as a whole, with a change of video at both its ends. */
  #cannotFilm(video, piece) {
    console.info("played as it is:", piece.segment);
    const wanted = this.position;
    const shown = video === this.video || video === this.#wanted;
    this.#unfit.add(piece.segment);
    this.#stack.empty(video);
    this.#lay();
    if (shown) this.seek(wanted);
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
