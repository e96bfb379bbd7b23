/** A kept piece, read in parts over HTTP. */

import { Unfit, tablesOf } from "./mp4-tables.js";

const TIMEOUT_MS = 20_000;
const PAUSES_MS = [300, 1000, 3000];
const HEAD_BYTES = 65_536;
const MOST_BOXES = 64;
const LONGEST_HEADER = 200_000_000;
const JOIN_BYTES = 65_536;

const DEAD = new Set([401, 403, 404, 410]);

/** The link is not good any more: another one is needed. */
export class DeadLink extends Error {}

export class SegmentFile {
  #url;
  /**
   * Where the link led: asked directly from then on, so that the product is asked once and not for every part.
   * @type {string | null}
   */
  #led = null;
  #everRead = false;
  /** @type {Promise<ReturnType<typeof tablesOf>> | null} */
  #tables = null;

  constructor(url) {
    this.#url = url;
  }

  /** A fresh link to the same piece. */
  set url(url) {
    if (url !== this.#url) this.#led = null;
    this.#url = url;
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
      if (!part) throw new Error("a packet was not asked for");
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
        this.#led = null;
        if (error instanceof Unfit || error instanceof DeadLink) throw error;
        if (error instanceof TypeError && !this.#everRead && await this.#leadsElsewhere()) throw new Unfit("no script may read it");
        if (attempt === PAUSES_MS.length) throw new DeadLink(error.message);
        await new Promise((resolve) => { setTimeout(resolve, PAUSES_MS[attempt]); });
      }
    }
  }

  async #ask(from, to, orLess) {
    const asked = this.#led ?? this.#url;
    const answer = await this.#fetch(asked, from, to);
    if (DEAD.has(answer.status) && this.#led) {
      this.#led = null;
      return this.#ask(from, to, orLess);
    }
    if (DEAD.has(answer.status)) throw new DeadLink(`status ${answer.status}`);
    if (answer.status === 416 && orLess) return new Uint8Array();
    if (answer.status === 200) throw new Unfit("it is not given in parts");
    if (answer.status !== 206) throw new Error(`status ${answer.status}`);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    this.#everRead = true;
    if (answer.redirected) this.#led = answer.url;
    if (bytes.length < to - from && !orLess) throw new Error("less came than was asked for");
    return bytes;
  }

  #fetch(address, from, to, more = {}) {
    return fetch(address, { headers: { Range: `bytes=${from}-${to - 1}` }, signal: AbortSignal.timeout(TIMEOUT_MS), ...more });
  }

  /**
   * A server that lets no script read looks like a network that is down. That the product answers, and sends us on, tells
   * them apart: a video element may still play what lies there.
   */
  async #leadsElsewhere() {
    const answer = await this.#fetch(this.#url, 0, 1, { redirect: "manual" }).catch(() => null);
    return answer?.type === "opaqueredirect";
  }
}
