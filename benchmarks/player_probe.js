/**
 * Notes every picture that a person sees: its number, when it came, and whose piece it is. The number follows
 * exactly from the picture's media time. Two players are watched: the product's, and one that swaps `src`.
 */

import { Playback } from "/static/js/playback.js";
import { Timeline, endOf } from "/static/js/timeline.js";

const FRAME_MS = 40;

/** @typedef {{url: string, first: number, late_ms: number}} Piece `first`: the number of its first picture */

class Probe {
  seen = [];
  #pieces;
  #latest = new Map();

  constructor(pieces, videos) {
    this.#pieces = pieces;
    for (const video of videos) this.#follow(video);
  }

  #follow(video) {
    const next = (now, { mediaTime, expectedDisplayTime }) => {
      this.#latest.set(video, this.#number(video, mediaTime));
      if (video.dataset.shown === "true") this.#note(video, expectedDisplayTime);
      video.requestVideoFrameCallback(next);
    };
    video.requestVideoFrameCallback(next);
    // Whatever the other video holds is seen from the moment it is put in front.
    new MutationObserver(() => {
      if (video.dataset.shown === "true") this.#note(video, performance.now());
    }).observe(video, { attributeFilter: ["data-shown"] });
  }

  #number(video, mediaTime) {
    const piece = this.#pieces.findIndex(({ url }) => video.currentSrc.endsWith(url));
    const { first, late_ms: late } = this.#pieces[piece];
    return { piece, number: first + Math.round((mediaTime * 1000 - late) / FRAME_MS) };
  }

  #note(video, at) {
    const latest = this.#latest.get(video);
    if (latest) this.seen.push({ at, ...latest });
  }
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
  const probe = new Probe(pieces, videos);
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
