/**
 * Notes every picture that a person sees: its number, when it came, and whose piece it is. The number follows
 * exactly from the picture's media time. Two players are watched: the product's, and one that swaps `src`.
 */

import { Playback } from "/static/js/player/engine/playback.js";
import { FILM_STARTS_MS } from "/static/js/player/engine/reels.js";
import { Timeline, endOf } from "/static/js/player/engine/timeline.js";

const FRAME_MS = 40;
// A film changes pieces at a key frame so near to the seam.
const NEAR_SEAM_MS = 5000;

/** @typedef {{url: string, first: number, late_ms: number}} Piece `first`: the number of its first picture */

/**
 * Notes what each video presents, seen or not, and when which of them was put in front. Both are told in the time
 * at which they come to the screen: a picture by its expectedDisplayTime, a change of style made in one frame with
 * the beginning of the next.
 */
class Probe {
  #pieces;
  #spans;
  #presented = [];
  #fronts = [];

  constructor(pieces, videos, spans = []) {
    this.#pieces = pieces;
    this.#spans = spans;
    for (const video of videos) this.#follow(video);
    this.#fronts.push({ at: 0, video: videos.find(({ dataset }) => dataset.shown === "true") });
  }

  #follow(video) {
    let last = null;
    const next = (now, { mediaTime, expectedDisplayTime, presentedFrames }) => {
      const picture = { at: expectedDisplayTime, video, ...this.#number(video, mediaTime), told: true };
      this.#presented.push(...between(last, picture, presentedFrames - (last?.presentedFrames ?? presentedFrames)), picture);
      last = { ...picture, presentedFrames };
      video.requestVideoFrameCallback(next);
    };
    video.requestVideoFrameCallback(next);
    new MutationObserver(() => {
      if (video.dataset.shown === "true") requestAnimationFrame((at) => this.#fronts.push({ at, video }));
    }).observe(video, { attributeFilter: ["data-shown"] });
  }

  #number(video, mediaTime) {
    if (video.currentSrc.startsWith("blob:")) return this.#numberInFilm(mediaTime * 1000 - FILM_STARTS_MS);
    const piece = this.#pieces.findIndex(({ url }) => video.currentSrc.endsWith(url));
    const { first, late_ms: late } = this.#pieces[piece];
    return { piece, number: first + Math.round((mediaTime * 1000 - late) / FRAME_MS) };
  }

  /** Pieces' pictures lie between each other's: whose this one is follows from its time. */
  #numberInFilm(runMs) {
    const near = this.#spans
      .map((span, piece) => ({ span, piece }))
      .filter(({ span }) => span.start_ms - NEAR_SEAM_MS <= runMs && runMs <= endOf(span) + NEAR_SEAM_MS)
      .map(({ span, piece }) => {
        const { first, late_ms: late } = this.#pieces[piece];
        const exact = (runMs - (span.start_ms - span.in_ms) - late) / FRAME_MS;
        const outside = Math.max(0, span.start_ms - runMs, runMs - endOf(span));
        return { piece, number: first + Math.round(exact), off: Math.round(Math.abs(exact - Math.round(exact)) * FRAME_MS), outside };
      });
    const [{ piece, number }] = near.sort((one, other) => one.off - other.off || one.outside - other.outside);
    return { piece, number };
  }

  /** [{at, piece, number, told}]: each picture in front, and whatever a video holds when it is put there. */
  get seen() {
    const seen = this.#fronts.flatMap(({ at, video }, index) => {
      const until = this.#fronts[index + 1]?.at ?? Infinity;
      const own = this.#presented.filter((each) => each.video === video && each.at < until);
      const held = own.filter((each) => each.at <= at).at(-1);
      return [...(held ? [{ ...held, at }] : []), ...own.filter((each) => each.at > at)];
    });
    return seen.map(({ at, piece, number, told }) => ({ at, piece, number, told }));
  }
}

/** Pictures that were presented while the page was busy: they were counted, and when they came is not known. */
function between(last, picture, presented) {
  if (!last || presented < 2 || picture.number - last.number !== presented) return [];
  return Array.from({ length: presented - 1 }, (_, index) => ({
    ...picture, number: last.number + index + 1, told: false,
    at: last.at + ((picture.at - last.at) * (index + 1)) / presented,
  }));
}

const finished = (target, type, seconds) => new Promise((resolve, reject) => {
  const timer = setTimeout(() => reject(new Error(`no ${type} within ${seconds} s`)), seconds * 1000);
  target.addEventListener(type, () => { clearTimeout(timer); resolve(); });
});

const videosOnPage = () => [document.querySelector("#video-a"), document.querySelector("#video-b")];

/** Plays the whole run in the product's player. */
async function watchOurs(pieces, spans) {
  const videos = videosOnPage();
  const playback = new Playback(videos);
  const timeline = new Timeline(spans);
  const probe = new Probe(pieces, videos, spans);
  playback.setTimeline(timeline);
  await playback.seek(0);
  const ended = new EventTarget();
  playback.addEventListener("state", () => { if (playback.ended) ended.dispatchEvent(new Event("ended")); });
  const end = finished(ended, "ended", endOf(timeline.spans.at(-1)) / 1000 + 60);
  await playback.play();
  await end;
  return probe.seen;
}

/** Plays one file after the other in one video element, as many seconds of each later one skipped. */
async function watchSwapping(pieces, offset) {
  const [video] = videosOnPage();
  const probe = new Probe(pieces, [video]);
  for (const [index, { url, seconds }] of pieces.entries()) {
    video.src = url;
    if (index) video.currentTime = offset;
    const end = finished(video, "ended", seconds + 60);
    await video.play();
    await end;
  }
  return probe.seen;
}

/** What the canvas shows at some instants beside the number that follows from the media time. */
async function proof(pieces, fractions) {
  const [video] = videosOnPage();
  const canvas = new OffscreenCanvas(320, 180);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const pictures = [];
  for (const piece of pieces) {
    video.src = piece.url;
    await finished(video, "loadedmetadata", 20);
    for (const fraction of fractions) {
      const shown = new Promise((resolve) => { video.requestVideoFrameCallback((now, metadata) => resolve(metadata)); });
      video.currentTime = video.duration * fraction;
      const { mediaTime } = await shown;
      context.drawImage(video, 0, 0, canvas.width, canvas.height);
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      const gray = Uint8Array.from({ length: data.length / 4 }, (_, pixel) => data[pixel * 4 + 1]);
      const number = piece.first + Math.round((mediaTime * 1000 - piece.late_ms) / FRAME_MS);
      pictures.push({ number, gray: btoa(String.fromCharCode(...gray)) });
    }
  }
  return pictures;
}

Object.assign(window, { watchOurs, watchSwapping, proof });
