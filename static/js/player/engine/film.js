/**
 * Plays a reel (reels.js) in one video: the packets of its pieces are placed on one line through Media Source
 * Extensions, the next piece's from a key frame where both show the same. No seam is a change of video or a seek.
 *
 * Events: "broken" (detail: the piece whose link is dead; goes on when `update` brings another), "unfit" (detail: the
 * piece that cannot be filmed).
 */

import { FilmBuffers } from "./film-buffers.js";
import { cutInto, fragmentPlan, keyBefore, runAt, soundBefore, stopAt } from "./film-cut.js";
import { canFollow, fitTables } from "./film-fit.js";
import { fragmentOf } from "./mp4-fragment.js";
import { Unfit } from "./mp4-tables.js";
import { SegmentFile } from "./segment-file.js";
import { FILM_STARTS_MS } from "./reels.js";
import { endOf } from "./timeline.js";

const AHEAD_MS = 30_000;
const BEHIND_MS = 60_000;
// Removed in larger parts: every removal makes the browser look through what it has.
const TIDY_MS = 10_000;
const WINDOWS_MS = [2000, 4000, 8000];
const MOVED_MS = 1;
// Where a key frame is looked for: so far ahead of a seam the next piece's tables are needed.
const SEAM_NEAR_MS = 10_000;

const filmS = (runMs) => (runMs + FILM_STARTS_MS) / 1000;

export class Film extends EventTarget {
  #video;
  #reel;
  #files = new Map();
  #buffers;
  /** What is appended next: the place within a piece, and what its film has had of it. @type {any} */
  #at = null;
  #headOf = null;
  #zeros = new Map();
  #ticket = 0;
  /** @type {Promise<void> | null} */
  #busy = null;
  #closed = false;
  /** A link is dead; nothing is tried until there is another, or until nothing is left to play. */
  #stuck = false;
  #wanted;
  #listen = new AbortController();

  /** @param {HTMLVideoElement} video @param reel a span with `pieces` @param {number} runMs where it will be played first */
  constructor(video, reel, runMs) {
    super();
    this.#video = video;
    this.#reel = reel;
    this.#wanted = runMs;
    const { signal } = this.#listen;
    video.addEventListener("seeking", () => this.#sought(), { signal });
    video.addEventListener("timeupdate", () => this.#fill(), { signal });
    video.addEventListener("waiting", () => this.#retry(), { signal });
    this.#buffers = new FilmBuffers(video, () => this.#fill());
  }

  close() {
    this.#closed = true;
    this.#ticket += 1;
    this.#listen.abort();
    this.#buffers.close();
  }

  /** A newer reel of the same run: more pieces, fresh links, pieces that were measured. */
  update(reel) {
    this.#reel = reel;
    for (const piece of reel.pieces) {
      const file = this.#files.get(piece.segment);
      if (file) file.url = piece.url;
    }
    const moved = reel.pieces.some((piece) => {
      const zero = this.#zeros.get(piece.segment);
      return zero !== undefined && Math.abs(zero - (piece.start_ms - piece.in_ms)) > MOVED_MS;
    });
    if (moved) this.#restart(this.#now);
    this.#retry();
  }

  /** Nothing is left to play at once. */
  get starves() {
    return this.#video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
  }

  #retry() {
    this.#stuck = false;
    this.#fill();
  }

  /** The piece that is played now. */
  get piece() {
    return this.#reel.pieces.findLast(({ start_ms }) => start_ms <= this.#now) ?? this.#reel.pieces[0];
  }

  get #now() {
    return this.#video.readyState ? this.#video.currentTime * 1000 - FILM_STARTS_MS : this.#wanted;
  }

  #sought() {
    const { buffered, currentTime } = this.#video;
    const ranges = Array.from({ length: buffered.length }, (_, index) => [buffered.start(index), buffered.end(index)]);
    const there = ranges.some(([start, end]) => currentTime >= start && (currentTime < end || this.#at?.done));
    if (!there) this.#restart(this.#now);
    this.#retry();
  }

  #restart(runMs) {
    this.#ticket += 1;
    this.#wanted = runMs;
    this.#at = null;
  }

  /** Reads and appends until enough lies ahead; one at a time. */
  #fill() {
    if (this.#closed || this.#stuck || !this.#buffers.isOpen) return;
    this.#busy ??= this.#work().catch((error) => this.#failed(error)).finally(() => { this.#busy = null; });
  }

  async #work() {
    for (;;) {
      const ticket = this.#ticket;
      if (this.#closed) return;
      if (!this.#at && !(await this.#place(ticket))) continue;
      if (this.#at.done && this.#at.piece < this.#reel.pieces.length - 1) this.#goOn();
      if (this.#at.done || this.#at.until - this.#now > AHEAD_MS) return;
      await this.#step(ticket);
    }
  }

  #failed(error) {
    if (this.#closed) return;
    const piece = error.piece ?? this.#reel.pieces[this.#at?.piece ?? 0];
    this.#stuck = true;
    if (!(error instanceof Unfit)) console.info("cannot read a segment:", error.message);
    this.dispatchEvent(new CustomEvent(error instanceof Unfit ? "unfit" : "broken", { detail: piece }));
  }

  // -- places ------------------------------------------------------------------------------------

  async #tablesOf(index) {
    const piece = this.#reel.pieces[index];
    if (!this.#files.has(piece.segment)) this.#files.set(piece.segment, new SegmentFile(piece.url));
    try {
      return fitTables(await this.#files.get(piece.segment).tables());
    } catch (error) {
      throw Object.assign(error, { piece });
    }
  }

  /** Where a piece begins in the film, and with which picture. */
  async #cut(index) {
    const piece = this.#reel.pieces[index];
    const { video } = await this.#tablesOf(index);
    const begins = piece.start_ms - this.#reel.head_ms;
    if (index === 0) return { at: begins, index: keyBefore(piece, video, begins, 0) };
    return cutInto(piece, video);
  }

  /** Empties what is there and stands at what is wanted. False: something else is wanted meanwhile. */
  async #place(ticket) {
    const wanted = this.#wanted;
    const { pieces } = this.#reel;
    let piece = Math.max(0, pieces.findLastIndex(({ start_ms }) => start_ms <= wanted));
    let cut = await this.#cut(piece);
    if (piece > 0 && wanted < cut.at) cut = await this.#cut(piece -= 1);
    else if (pieces[piece + 1] && wanted >= (pieces[piece + 1].change_from_ms ?? Infinity)) {
      const next = await this.#cut(piece + 1);
      if (wanted >= next.at) [piece, cut] = [piece + 1, next];
    }
    if (ticket !== this.#ticket) return false;
    await this.#buffers.empty();
    if (ticket !== this.#ticket) return false;
    const span = pieces[piece];
    const { video, audio } = await this.#tablesOf(piece);
    const key = keyBefore(span, video, wanted, cut.index);
    const begins = key === cut.index ? cut.at : runAt(span, video, key);
    this.#headOf = null;
    this.#at = {
      piece, start: cut.at, begins, video: key, audio: audio ? soundBefore(span, audio, begins) : 0,
      fresh: key === cut.index, begun: new Set(), until: Math.max(wanted, begins), windows: 0, done: false,
    };
    return ticket === this.#ticket;
  }

  // -- appending ---------------------------------------------------------------------------------

  async #step(ticket) {
    const at = this.#at;
    const { pieces } = this.#reel;
    const [span, next] = [pieces[at.piece], pieces[at.piece + 1]];
    const tables = await this.#tablesOf(at.piece);
    const to = at.until + WINDOWS_MS[Math.min(at.windows, WINDOWS_MS.length - 1)];
    const cut = next && to >= Math.min(next.start_ms, next.change_from_ms ?? Infinity) - SEAM_NEAR_MS ? await this.#cutOfNext(at.piece, tables) : null;
    const end = cut?.at ?? (next ? Infinity : endOf(span));
    const last = to >= end;
    await this.#show(span, tables);
    for (const track of [tables.video, tables.audio]) {
      if (ticket !== this.#ticket || this.#closed) return;
      if (track) await this.#append(ticket, at, span, track, Math.min(to, end), { last, end });
    }
    if (ticket !== this.#ticket) return;
    Object.assign(at, { until: Math.min(to, end), windows: at.windows + 1 });
    if (last && cut) await this.#enter(at, cut);
    else if (last) await this.#finish(at);
    await this.#tidy();
  }

  async #cutOfNext(index, tables) {
    const cut = await this.#cut(index + 1);
    if (!canFollow(tables, await this.#tablesOf(index + 1))) throw Object.assign(new Unfit("it has sound or pictures that its neighbour lacks"), { piece: this.#reel.pieces[index + 1] });
    return cut;
  }

  async #enter(at, cut) {
    const piece = at.piece + 1;
    const span = this.#reel.pieces[piece];
    const { audio } = await this.#tablesOf(piece);
    const before = this.#reel.pieces[at.piece - 1];
    if (before) this.#files.get(before.segment)?.forget();
    Object.assign(at, {
      piece, start: cut.at, begins: cut.at, video: cut.index, audio: audio ? soundBefore(span, audio, cut.at) : 0,
      fresh: true, begun: new Set(), until: cut.at,
    });
  }

  async #finish(at) {
    at.done = true;
    if (this.#at === at) await this.#buffers.end();
  }

  /** A piece more has come after what was the end. */
  #goOn() {
    this.#at.done = false;
    this.#buffers.reopen(this.#reel.out_ms / 1000);
  }

  async #show(span, tables) {
    if (this.#headOf === span.segment) return;
    await this.#buffers.begin([tables.video, tables.audio].filter(Boolean), this.#reel.out_ms / 1000);
    this.#headOf = span.segment;
    this.#zeros.set(span.segment, span.start_ms - span.in_ms);
  }

  async #append(ticket, at, span, track, limit, { last, end }) {
    const from = at[track.kind];
    const begins = !at.begun.has(track.kind);
    // Sound that begins late is fetched at once: the silence before it is part of its first fragment.
    const stop = Math.min(track.count, Math.max(stopAt(span, track, from, limit), begins ? from + 1 : 0));
    if (stop === from) return;
    const { decode, packets } = fragmentPlan(span, track, from, stop, this.#ends(at, span, track, { begins, last: last || stop === track.count, end }));
    const bytes = await this.#bytesOf(span, packets);
    if (ticket !== this.#ticket || this.#closed) return;
    // Times in a fragment are never less than 0: they are those of a film that begins with this piece.
    const bias = (FILM_STARTS_MS / 1000) * track.timescale;
    const fragment = fragmentOf(Math.round(decode + bias), packets.map((packet, index) => ({ ...packet, bytes: bytes[index] })));
    const offset = (span.start_ms - span.in_ms) / 1000 + track.shift / track.timescale;
    await this.#buffers.put(track.kind, fragment, { offset, start: filmS(at.start), end: filmS(end) }, (attempt) => filmS(this.#now - (attempt ? 1000 : 10_000)));
    at[track.kind] = stop;
    at.begun.add(track.kind);
  }

  /** What ends before its piece does is stretched to where the next one takes over at the latest. */
  #ends(at, span, track, { begins, last, end }) {
    const next = this.#reel.pieces[at.piece + 1];
    const latest = Number.isFinite(end) ? end : Math.max(endOf(span), next?.change_until_ms ?? 0);
    return { first: begins && (track.kind === "audio" || at.fresh), last, start: at.begins, end: latest };
  }

  async #bytesOf(span, packets) {
    const places = packets.filter(({ place }) => place).map(({ place }) => place);
    try {
      const read = await this.#files.get(span.segment).packets(places);
      return packets.map(({ place, bytes }) => (place ? read.shift() : bytes));
    } catch (error) {
      throw Object.assign(error, { piece: span });
    }
  }

  async #tidy() {
    const old = this.#now - BEHIND_MS;
    if (this.#buffers.start < filmS(old - TIDY_MS)) await this.#buffers.forgetBefore(filmS(old));
  }
}
