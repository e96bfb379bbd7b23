/** A kept piece, read in parts over HTTP. */

import { Unfit, tablesOf } from "./mp4-tables.js";

const TIMEOUT_MS = 20_000;
const PAUSES_MS = [300, 1000, 3000];
const HEAD_BYTES = 65_536;
const MOST_BOXES = 64;
const LONGEST_HEADER = 200_000_000;
const JOIN_BYTES = 65_536;

// Where something could be read, a script may read: what fails there is the network.
const readable = new Set();
const originOf = (url) => new URL(url, location.href).origin;

/** The link is not good any more: another one is needed. */
export class DeadLink extends Error {}

export class PieceFile {
  #tables = null;

  constructor(url) {
    this.url = url;
  }

  /** What the header says; read once. */
  tables() {
    this.#tables ??= this.#readTables().catch((error) => {
      this.#tables = null;
      throw error;
    });
    return this.#tables;
  }

  /** What the header says is long, and can be read again. */
  forget() {
    this.#tables = null;
  }

  /**
   * The bytes of these packets, in as few requests as their places allow.
   *
   * @param {{at: number, size: number}[]} places @returns {Promise<Uint8Array[]>} in the same order
   */
  async packets(places) {
    const parts = [];
    for (const place of [...places].sort((one, other) => one.at - other.at)) {
      const last = parts.at(-1);
      if (last && place.at - last.end < JOIN_BYTES) last.end = Math.max(last.end, place.at + place.size);
      else parts.push({ at: place.at, end: place.at + place.size });
    }
    const read = await Promise.all(parts.map(async (part) => ({ ...part, bytes: await this.#read(part.at, part.end) })));
    return places.map(({ at, size }) => {
      const part = read.find((each) => each.at <= at && at + size <= each.end);
      return part.bytes.subarray(at - part.at, at - part.at + size);
    });
  }

  async #readTables() {
    let at = 0;
    for (let box = 0; box < MOST_BOXES; box += 1) {
      const head = await this.#read(at, at + HEAD_BYTES, true);
      if (head.length < 8) break;
      const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
      let size = view.getUint32(0);
      if (size === 1 && head.length >= 16) size = Number(view.getBigUint64(8));
      const type = String.fromCharCode(...head.subarray(4, 8));
      if (type === "moov") {
        if (size < 8 || size > LONGEST_HEADER) throw new Unfit("its header is of no possible length");
        return tablesOf(size <= head.length ? head.subarray(0, size) : await this.#read(at, at + size));
      }
      if (size < 8) break;
      at += size;
    }
    throw new Unfit("it has no header");
  }

  async #read(from, to, orLess = false) {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#ask(from, to, orLess);
      } catch (error) {
        const most = readable.has(originOf(this.url)) ? PAUSES_MS.length : 1;
        if (error instanceof Unfit || error instanceof DeadLink || attempt >= most) throw this.#named(error);
        await new Promise((resolve) => { setTimeout(resolve, PAUSES_MS[attempt]); });
      }
    }
  }

  async #ask(from, to, orLess) {
    const answer = await fetch(this.url, { headers: { Range: `bytes=${from}-${to - 1}` }, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if ([401, 403, 404, 410].includes(answer.status)) throw new DeadLink(`status ${answer.status}`);
    if (answer.status === 416 && orLess) return new Uint8Array();
    if (answer.status === 200) throw new Unfit("it is not given in parts");
    if (answer.status !== 206) throw new Error(`status ${answer.status}`);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    readable.add(originOf(this.url));
    if (bytes.length < to - from && !orLess) throw new Error("less came than was asked for");
    return bytes;
  }

  /** Where nothing could ever be read no script may read; a video element may still play it. */
  #named(error) {
    if (error instanceof TypeError && !readable.has(originOf(this.url))) return new Unfit("no script may read it");
    return error instanceof Unfit ? error : new DeadLink(error.message);
  }
}
