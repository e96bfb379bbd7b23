/** The browser's side of a film: a MediaSource with a buffer for pictures and one for sound. Times are seconds of the film. */

import { headOf } from "./mp4-fragment.js";
import { Unfit } from "./mp4-tables.js";

const FULL_PAUSE_MS = 1000;
const MOST_FULL = 60;

/** Resolves when the buffer takes the next call. @returns {Promise<void>} */
const settled = (buffer) => new Promise((resolve, reject) => {
  if (!buffer.updating) { resolve(); return; }
  const listen = new AbortController();
  const { signal } = listen;
  buffer.addEventListener("updateend", () => { listen.abort(); resolve(); }, { signal });
  buffer.addEventListener("error", () => { listen.abort(); reject(new Unfit("the browser cannot decode it")); }, { signal });
});

export class FilmBuffers {
  #source = new MediaSource();
  #url = URL.createObjectURL(this.#source);
  /** @type {Map<string, SourceBuffer>} */
  #buffers = new Map();
  #mimes = new Map();

  /** @param {HTMLVideoElement} video @param {() => void} opened called when packets may come */
  constructor(video, opened) {
    this.#source.addEventListener("sourceopen", opened, { once: true });
    video.src = this.#url;
  }

  close() {
    URL.revokeObjectURL(this.#url);
  }

  get isOpen() {
    return this.#source.readyState !== "closed";
  }

  /** Where the pictures that are kept begin; Infinity without any. */
  get start() {
    const pictures = this.#buffers.get("video")?.buffered;
    return pictures?.length ? pictures.start(0) : Infinity;
  }

  /** Tells the decoders what the packets of these tracks are. `until`: where the film ends, as far as is known. */
  async begin(tracks, until) {
    // Both buffers have to be there before the first packet.
    for (const track of tracks) this.#bufferFor(track);
    if (!(this.#source.duration >= until)) this.#source.duration = until;
    for (const track of tracks) await this.#append(this.#bufferFor(track), headOf(track));
  }

  #bufferFor(track) {
    const mime = `${track.kind}/mp4; codecs="${track.codec}"`;
    if (!MediaSource.isTypeSupported(mime)) throw new Unfit(`this browser does not play ${track.codec}`);
    const buffer = this.#buffers.get(track.kind) ?? this.#source.addSourceBuffer(mime);
    if (this.#buffers.has(track.kind) && this.#mimes.get(track.kind) !== mime) buffer.changeType(mime);
    this.#buffers.set(track.kind, buffer);
    this.#mimes.set(track.kind, mime);
    return buffer;
  }

  /**
   * Appends a fragment.
   *
   * @param {"audio" | "video"} kind @param {Uint8Array<ArrayBuffer>} bytes
   * @param {{offset: number, start: number, end: number}} place offset: added to the fragment's own times; start, end:
   *   sound outside is cut off, to the sample
   * @param {(attempt: number) => number} keepFrom what may go when there is no more room: all before this
   */
  async put(kind, bytes, { offset, start, end }, keepFrom) {
    const buffer = /** @type {SourceBuffer} */ (this.#buffers.get(kind));
    buffer.timestampOffset = offset;
    if (kind === "audio") {
      buffer.appendWindowEnd = Infinity;
      buffer.appendWindowStart = start;
      buffer.appendWindowEnd = end;
    }
    for (let attempt = 0; attempt < MOST_FULL && this.isOpen; attempt += 1) {
      try {
        await this.#append(buffer, bytes);
        return;
      } catch (error) {
        if (error.name !== "QuotaExceededError") throw error;
        await this.forgetBefore(keepFrom(attempt));
        if (attempt) await new Promise((resolve) => { setTimeout(resolve, FULL_PAUSE_MS); });
      }
    }
    throw new Error("there is no room for more of it");
  }

  async #append(buffer, bytes) {
    buffer.appendBuffer(bytes);
    await settled(buffer);
  }

  async forgetBefore(until) {
    if (until > 0) await this.#remove(until);
  }

  async empty() {
    await this.#remove(Infinity);
  }

  async #remove(until) {
    for (const buffer of this.#buffers.values()) {
      await settled(buffer);
      if (buffer.buffered.length) buffer.remove(0, until);
      await settled(buffer);
    }
  }

  /** Nothing more comes, for now. */
  async end() {
    for (const buffer of this.#buffers.values()) await settled(buffer);
    if (this.#source.readyState === "open") this.#source.endOfStream();
  }

  /** More comes after all. */
  reopen(until) {
    const [buffer] = this.#buffers.values();
    // To set this opens a source that has ended.
    if (this.#source.readyState === "ended") buffer.timestampOffset = Number(buffer.timestampOffset);
    this.#source.duration = Math.max(this.#source.duration, until);
  }
}
