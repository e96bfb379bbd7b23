/**
 * Watches whether what this page publishes goes out into each session, and reports it to the server while a
 * recording is on: a recording that the platform calls started may yet take nothing in.
 *
 * What counts is the way to the server: the entry of a publisher's statistics that names no subscriber. Where there
 * are several, each has to carry bytes.
 */

import { postJson } from "../shared/api.js";
import { isChanging } from "../shared/run-status.js";

const LOOK_MS = 1_000;
const REPORT_MS = 5_000;
const BUSY_MS = 1_000;
// Sound that pauses (DTX) and a still screen send at least this often.
const QUIET_MS = 3_000;
// A receiver reports every few seconds. One that has reported, and then not for this long, is gone.
const DEAF_MS = 10_000;
const STATISTICS_MS = 2_000;
// The most that the server takes.
const LONGEST_MS = 86_400_000;

/** @typedef {import("./session-link.js").SessionLink} SessionLink */
/** @typedef {{bytes: number, sources: string, acknowledgedAt: number, timestamp: number}} Way */
/** @typedef {{state: "flows" | "silent" | "none" | "unknown", since: number}} Word */

/** The ways to the server in a publisher's reports. @param {{subscriberId?: string, rtcStatsReport: any}[]} reports @returns {Way[]} */
export function waysToServer(reports) {
  return reports.filter(({ subscriberId }) => !subscriberId).map(({ rtcStatsReport }) => {
    const entries = [...rtcStatsReport.values()];
    const sent = entries.filter(({ type }) => type === "outbound-rtp");
    return {
      sources: sent.map(({ ssrc }) => ssrc).sort().join(),
      bytes: sent.reduce((sum, { bytesSent }) => sum + (bytesSent ?? 0), 0),
      acknowledgedAt: Math.max(0, ...entries.filter(({ type }) => type === "remote-inbound-rtp").map(({ timestamp }) => timestamp)),
      timestamp: Math.max(0, ...sent.map(({ timestamp }) => timestamp)),
    };
  });
}

/** What the statistics of one publisher say, look after look. */
export class Flow {
  /** By way: its bytes, and when it last carried more and was acknowledged. @type {Map<string, {bytes: number, at: number}>} */
  #ways = new Map();
  /** @type {Word} */
  #word;

  constructor(now) {
    this.#word = { state: "none", since: now };
  }

  /** @param {Way[] | null} ways null where the browser has no statistics @returns {Word} */
  look(ways, now) {
    if (!ways) return this.#become("unknown", now);
    const before = this.#ways;
    this.#ways = new Map(ways.map((way) => [way.sources, seen(way, before.get(way.sources), now)]));
    const seenNow = [...this.#ways.values()];
    if (ways.length && seenNow.every(({ at }) => now - at < QUIET_MS)) return this.#become("flows", now);
    if (this.#word.state === "unknown") return this.#become("none", now);
    if (this.#word.state !== "flows") return this.#word;
    const last = (ways.length ? seenNow : [...before.values()]).map(({ at }) => at).filter((at) => at > 0);
    return this.#become("silent", Math.min(now, ...last));
  }

  #become(state, since) {
    if (this.#word.state !== state) this.#word = { state, since };
    return this.#word;
  }
}

/** A way that carries bytes which nobody acknowledges has not carried any since the last acknowledgement. */
function seen({ bytes, acknowledgedAt, timestamp }, before, now) {
  if (bytes <= (before?.bytes ?? 0)) return { bytes, at: before?.at ?? 0 };
  const unheardMs = acknowledgedAt ? timestamp - acknowledgedAt : 0;
  return { bytes, at: unheardMs < DEAF_MS ? now : now - unheardMs };
}

export class Sending {
  #links;
  #url;
  #person;
  #state;
  /** @type {WeakMap<object, Flow>} */
  #flows = new WeakMap();
  #looking = false;
  #said = "";
  #saidAt = 0;

  /**
   * @param {{primary: SessionLink, secondary: SessionLink}} links
   * @param {() => {participant: string, name: string}} person @param {import("./room-state.js").RoomState} state
   */
  constructor(links, url, person, state) {
    this.#links = links;
    this.#url = url;
    this.#person = person;
    this.#state = state;
    for (const link of Object.values(links)) link.addEventListener("state", () => this.look());
    setInterval(() => this.look(), LOOK_MS);
  }

  async look() {
    if (this.#looking || !this.#state.value?.recording) return;
    this.#looking = true;
    try {
      await this.#report(await this.#media());
    } finally {
      this.#looking = false;
    }
  }

  async #media() {
    const isUp = ([, link]) => link.state === "publishing";
    const links = Object.entries(this.#links);
    // How long a connection was lost is reported by away.js; what comes after is counted from zero.
    for (const [, link] of links.filter((each) => !isUp(each))) {
      for (const { publisher } of link.published) this.#flows.delete(publisher);
    }
    const words = links.filter(isUp).flatMap(([session, link]) => link.published.map(({ source, publisher }) => this.#word(session, source, publisher)));
    return (await Promise.all(words)).filter((word) => word !== null);
  }

  /** @param {string} session @param {import("./session-link.js").Source} source @param {OT.Publisher} publisher */
  async #word(session, source, publisher) {
    if (!isSent(source)) {
      // Who is muted and dark has nothing to send; what comes after is counted from zero.
      this.#flows.delete(publisher);
      return null;
    }
    const ways = await reportsOf(publisher).then(waysToServer, () => null);
    const now = Date.now();
    const flow = this.#flows.get(publisher) ?? new Flow(now);
    this.#flows.set(publisher, flow);
    const { state, since } = flow.look(ways, now);
    return { session, kind: source.key, state, for_ms: Math.min(LONGEST_MS, Math.max(0, Math.round(now - since))) };
  }

  /** At once what is new, and the rest every few seconds: a word that is not repeated counts for nothing. */
  async #report(media) {
    const said = JSON.stringify(media.map(({ session, kind, state }) => [session, kind, state]));
    const every = isChanging(this.#state.value?.run?.status) ? BUSY_MS : REPORT_MS;
    if (said === this.#said && Date.now() - this.#saidAt < every - LOOK_MS / 2) return;
    this.#said = said;
    this.#saidAt = Date.now();
    await postJson(this.#url, { ...this.#person(), media }).catch((error) => {
      this.#said = "";
      console.info("not reported what is sent:", error.message);
    });
  }
}

/** Rejects where the library has no statistics, or does not answer in time. */
async function reportsOf(publisher) {
  const late = new Promise((_, reject) => { setTimeout(() => reject(new Error("no statistics in time")), STATISTICS_MS); });
  return Promise.race([publisher.getRtcStatsReport(), late]);
}

function isSent({ audioTrack, videoTrack, audioOn, videoOn }) {
  return Boolean((audioTrack && audioOn) || (videoTrack && videoOn));
}
