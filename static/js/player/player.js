/** The player's page: one run, one scrubber, whatever number of pieces. */

import { getJson } from "../shared/api.js";
import { announce } from "../shared/announce.js";
import { Captions } from "./panels/captions.js";
import { byId, config } from "../shared/config.js";
import { Download } from "./panels/download.js";
import { position as clockAt, timeOfDay, words } from "../shared/format.js";
import { isUnfinished } from "../shared/run-status.js";
import { bindMediaKeys, tellMediaSession } from "./panels/media-keys.js";
import { PictureInPicture } from "./panels/picture-in-picture.js";
import { Playback } from "./engine/playback.js";
import { note, sayFailed, showRun } from "./panels/head.js";
import { bindKeys } from "./panels/keys.js";
import { RunPreview } from "./panels/preview.js";
import { Scrubber, renderSpans } from "./panels/scrubber.js";
import { bindSeamReport } from "./panels/seam-report.js";
import { Timeline, endOf, isGap } from "./engine/timeline.js";

const REFRESH_MS = 10_000;
const FRAME_MS = 40;
// What the server says where it knows no cause; the heading says as much.
const UNKNOWN_CAUSE = "nothing was recorded";

class PlayerPage {
  #query = new URLSearchParams(location.search);
  /** @type {any} */
  #run = null;
  #beganAt = null;
  #spansSeen = "";
  #renewed = new Set();
  #playback = new Playback([byId("video-a"), byId("video-b")]);
  #captions = new Captions();
  #download = new Download(() => `${this.#address}exports/`);
  #scrubber = new Scrubber((runMs) => this.#seek(runMs), (runMs) => this.#wallClock(runMs));
  #preview = new RunPreview(this.#scrubber);

  async open() {
    this.#bind();
    try {
      this.#run = await this.#find();
      await this.#refresh();
    } catch (error) {
      sayFailed(error);
      return;
    }
    this.#download.show();
    const wanted = Number.parseFloat(this.#query.get("t") ?? "");
    if (!this.#playback.timeline.isEmpty) await this.#playback.seek(Number.isFinite(wanted) ? wanted * 1000 : 0);
    setInterval(() => this.#follow(), REFRESH_MS);
    this.#tick();
  }

  /** The run that the address names; of several with one name the newest. */
  async #find() {
    const id = this.#query.get("run");
    if (id) return getJson(`${config.urls.runs}${encodeURIComponent(id)}/`);
    const name = this.#query.get("name");
    if (!name) throw Object.assign(new Error("This address names no recording."), { status: 404 });
    const { results } = await getJson(`${config.urls.runs}?name=${encodeURIComponent(name)}`);
    if (!results.length) throw Object.assign(new Error(`There is no recording with the name “${name}”.`), { status: 404 });
    return results[0];
  }

  async #refresh() {
    const url = this.#address;
    const [run, offsets] = await Promise.all([getJson(url), getJson(`${url}offsets/`)]);
    this.#run = run;
    this.#beganAt = offsets.began_at_ms || Date.parse(run.started_at ?? run.created_at);
    const seen = JSON.stringify(offsets.spans);
    if (seen !== this.#spansSeen) this.#take(new Timeline(offsets.spans));
    this.#spansSeen = seen;
    this.#scrubber.remarks = offsets.remarks;
    this.#playback.growing = isUnfinished(run.status);
    this.#preview.take(offsets);
    this.#captions.load(offsets.captions);
    document.dispatchEvent(new CustomEvent("captions", { detail: offsets.captions }));
    showRun(run, this.#playback.timeline, offsets.account, this.#beganAt);
    document.dispatchEvent(new CustomEvent("run", { detail: run }));
  }

  get #address() {
    return `${config.urls.runs}${this.#run.id}/`;
  }

  #take(timeline) {
    const wasEmpty = this.#playback.timeline.isEmpty;
    this.#playback.setTimeline(timeline);
    this.#scrubber.show(timeline);
    renderSpans(byId("pieces"), timeline, (runMs) => this.#seek(runMs));
    this.#markPiece();
    if (wasEmpty && !timeline.isEmpty) this.#playback.seek(0);
  }

  async #follow() {
    if (!isUnfinished(this.#run.status) && !this.#preview.isAwaited(this.#run)) return;
    // What plays goes on; the next round asks again.
    await this.#refresh().catch((error) => console.info("cannot refresh:", error.message));
  }

  #bind() {
    const playback = this.#playback;
    for (const id of /** @type {const} */ (["play", "big-play"])) byId(id).addEventListener("click", () => this.#toggle());
    for (const id of /** @type {const} */ (["video-a", "video-b"])) byId(id).addEventListener("click", () => this.#toggle());
    byId("gap-skip").addEventListener("click", () => playback.skipGap());
    byId("sound").addEventListener("click", () => this.#toggleSound());
    byId("volume").addEventListener("input", () => this.#setSound(false));
    byId("speed").addEventListener("change", () => playback.setRate(Number(byId("speed").value)));
    byId("full").addEventListener("click", () => this.#toggleFull());
    document.addEventListener("captions-changed", () => this.#refresh().catch((error) => console.info("cannot refresh:", error.message)));
    byId("copy").addEventListener("click", () => this.#copy());
    bindSeamReport(byId("seam-report"), byId("seam-summary"), byId("seams"), () => `${this.#address}seams/`);
    byId("message-retry").addEventListener("click", () => location.reload());
    playback.addEventListener("state", () => this.#showState());
    playback.addEventListener("broken", ({ detail }) => this.#renew(detail));
    const by = (ms) => this.#seek(playback.position + ms);
    const piece = (direction) => this.#seek(playback.timeline.neighbourStart(playback.position, direction));
    new PictureInPicture(playback);
    bindMediaKeys({ play: () => playback.play(), pause: () => playback.pause(), by, to: (ms) => this.#seek(ms), piece });
    bindKeys({
      toggle: () => this.#toggle(),
      by,
      frame: (direction) => { playback.pause(); by(direction * FRAME_MS); },
      piece,
      part: (tenth) => this.#seek((playback.timeline.duration * tenth) / 10),
      sound: () => this.#toggleSound(),
      captions: () => this.#captions.toggle(),
      full: () => this.#toggleFull(),
    });
  }

  #toggle() {
    if (this.#playback.playing) this.#playback.pause();
    else this.#playback.play();
  }

  #seek(runMs) {
    this.#playback.seek(runMs);
    this.#scrubber.move(this.#playback.timeline.clamp(runMs));
  }

  #toggleSound() {
    this.#setSound(byId("sound").getAttribute("aria-pressed") !== "true");
  }

  #setSound(muted) {
    const volume = Number(byId("volume").value);
    this.#playback.setVolume(volume, muted);
    byId("sound").setAttribute("aria-pressed", muted);
    byId("sound").querySelector("use")?.setAttribute("href", muted || !volume ? "#i-silent" : "#i-sound");
  }

  #toggleFull() {
    if (document.fullscreenElement) document.exitFullscreen();
    else byId("player").requestFullscreen?.();
  }

  async #copy() {
    const link = new URL(location.href);
    link.search = `${new URLSearchParams({ run: this.#run.id, t: String(Math.floor(this.#playback.position / 1000)) })}`;
    await navigator.clipboard?.writeText(link.href).catch(() => {});
    byId("copied").textContent = navigator.clipboard ? `Copied: opens at ${clockAt(this.#playback.position)}` : link.href;
  }

  /** A link may have died: new offsets bring new ones. A piece that stays broken is said, and can be skipped. */
  async #renew({ span, shown }) {
    if (this.#renewed.has(span.segment)) {
      if (shown) this.#sayBroken(span);
      return;
    }
    this.#renewed.add(span.segment);
    setTimeout(() => this.#renewed.delete(span.segment), 60_000);
    await this.#refresh().catch((error) => console.info("cannot renew:", error.message));
    await this.#playback.renew();
  }

  #sayBroken(span) {
    this.#playback.giveUp();
    note(`The segment from ${clockAt(span.start_ms)} to ${clockAt(endOf(span))} cannot be loaded now. `
      + "Choose a later time, or reload this page in a moment.");
  }

  #showState() {
    const { playing, waiting, inGap, atEdge, span } = this.#playback;
    document.documentElement.dataset.playing = String(playing);
    const label = playing ? "Pause" : "Play";
    if (byId("play").getAttribute("aria-label") !== label) {
      byId("play").setAttribute("aria-label", label);
      byId("play").querySelector("use")?.setAttribute("href", playing ? "#i-pause" : "#i-play");
    }
    byId("big-play").hidden = playing || inGap || this.#playback.position > 0;
    byId("waiting").hidden = !waiting && !(atEdge && playing);
    byId("waiting").textContent = atEdge ? "Waiting for the next segment…" : "Loading…";
    if (byId("gap").hidden === inGap) {
      byId("gap").hidden = !inGap;
      if (inGap) announce(`Nothing was recorded here. ${span.cause ?? ""}`);
    }
    if (inGap) byId("gap-cause").textContent = span.cause === UNKNOWN_CAUSE ? "" : span.cause ?? "";
    this.#markPiece();
    this.#tellMediaSession();
    if (!playing) this.#draw();
  }

  /** Of thousands of pieces only two change. */
  #markPiece() {
    const buttons = byId("pieces").querySelectorAll("button");
    const now = buttons[this.#playback.index];
    const marked = byId("pieces").querySelector("[aria-current=true]");
    if (marked === now) return;
    marked?.removeAttribute("aria-current");
    now?.setAttribute("aria-current", true);
  }

  #tellMediaSession() {
    const { position, playing, timeline } = this.#playback;
    const rate = Number(byId("speed").value);
    if (this.#run) tellMediaSession({ title: this.#run.name, artist: this.#run.room_name, duration: timeline.duration, position, rate, playing });
  }

  #wallClock(runMs) {
    return this.#beganAt ? timeOfDay(this.#beganAt + runMs) : "";
  }

  #draw() {
    const { position, span } = this.#playback;
    byId("elapsed").textContent = clockAt(position);
    byId("wall").textContent = this.#wallClock(position);
    if (span && isGap(span)) byId("gap-left").textContent = words(endOf(span) - position);
    this.#scrubber.move(position);
    this.#captions.show(position);
  }

  #tick() {
    this.#draw();
    setTimeout(() => requestAnimationFrame(() => this.#tick()), this.#playback.playing ? 100 : 400);
  }
}

new PlayerPage().open();
