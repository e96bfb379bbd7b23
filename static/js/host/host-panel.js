/** The host's panel: start, what is recorded now, restart, stop. */

import { postJson } from "../shared/api.js";
import { announce } from "../shared/announce.js";
import { byId, config } from "../shared/config.js";
import { bindCopyButton } from "../shared/copy-button.js";
import { clock, count, dateAndTime, timeOfDay, words } from "../shared/format.js";
import { renderAlarms, renderPieces, renderSteps } from "./host-lists.js";
import { isLive, isRecording } from "../shared/run-status.js";
import { LinksDialog } from "../shared/links-dialog.js";
import { getsNothing, missingWords } from "./missing-words.js";
import { draw } from "./timebar.js";

const POSTPONE_S = 600;
const STATUS_WORDS = {
  starting: "Starting…",
  recording: "Recording",
  restarting: "Recording. Changing over to fresh archives…",
  stopping: "Stopping…",
  processing: "Recorded. The last segments are being finished…",
  complete: "Complete",
  failed: "Failed",
};

const WAITS = "Waiting: no media arrives";

export class HostPanel {
  #state;
  #status = "";
  #startKey = "";
  #drawn = new Map();

  /** @param {import("../call/room-state.js").RoomState} state shared with the call on the same page */
  constructor(state) {
    this.#state = state;
    for (const event of ["change", "stale"]) state.addEventListener(event, () => this.#show());
    this.#bindActions();
    this.#bindInvite();
    setInterval(() => this.#tick(), 1000);
    // The panel is of use before the host joins the call, too.
    state.start();
  }

  get #run() {
    return this.#state.value?.run ?? null;
  }

  #bindActions() {
    byId("start-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#start(byId("run-name").value.trim());
    });
    byId("restart").addEventListener("click", ({ currentTarget }) => this.#act(currentTarget, "restart", {
      doing: "Restarting…", safe: "The recording goes on as before.",
    }));
    byId("postpone").addEventListener("click", ({ currentTarget }) => this.#act(currentTarget, "postpone", {
      doing: "Postponing…", safe: "The recording goes on as before.", body: { seconds: POSTPONE_S },
    }));
    byId("stop").addEventListener("click", () => byId("stop-dialog").showModal());
    byId("stop-cancel").addEventListener("click", () => byId("stop-dialog").close());
    byId("stop-confirm").addEventListener("click", () => {
      byId("stop-dialog").close();
      this.#act(byId("stop"), "stop", { doing: "Stopping…", safe: "The recording is still running." });
    });
    byId("panel-toggle").addEventListener("click", () => this.#toggleSheet());
  }

  #bindInvite() {
    const invitations = new LinksDialog(byId("invitations-dialog"), (url) => {
      if (url !== byId("invite").value) return;
      byId("invite").value = "";
      byId("invite").placeholder = "Taken back; reload for a new one";
    });
    byId("invitations").addEventListener("click", () => invitations.open(config.urls.invitations, config.room.name));
    bindCopyButton(byId("invite-copy"), () => byId("invite"));
  }

  #toggleSheet() {
    const open = document.body.dataset.panel !== "open";
    document.body.dataset.panel = open ? "open" : "closed";
    byId("panel-toggle").setAttribute("aria-expanded", open);
  }

  async #start(name) {
    if (!name) {
      this.#error("Give the recording a name first. Nothing is being recorded yet.");
      byId("run-name").focus();
      return;
    }
    // The same key for every try of one start: an answer that got lost does not start a second recording.
    const restartAfterS = this.#restartAfterS();
    if (restartAfterS === null) return;
    this.#startKey ||= `${Date.now()}-${Math.random().toString(36).slice(2)}`;
    const headers = { "Idempotency-Key": this.#startKey };
    await this.#busy(byId("start"), "Starting…", "Nothing is being recorded yet.", async () => {
      await postJson(config.urls.runs, { name, room: config.room.slug, ...restartAfterS }, headers).catch((error) => {
        if (!error.unreachable) this.#startKey = "";
        throw error;
      });
      this.#startKey = "";
      byId("run-name").value = "";
    });
  }

  /** What the start is told of it: nothing where the field is empty. Null, and said, where it is no such number. */
  #restartAfterS() {
    const field = byId("restart-after");
    const text = field.value.trim().replace(",", ".");
    if (!text) return {};
    const { least_s: least, most_s: most } = config.restart_after;
    const seconds = Math.round(Number(text) * 60);
    if (seconds >= least && seconds <= most) return { restart_after_s: seconds };
    this.#error(`Give the minutes until a restart as a number of at most ${Math.floor(most / 6) / 10}, or leave it empty. Nothing is being recorded yet.`);
    field.closest("details")?.setAttribute("open", "");
    field.focus();
    return null;
  }

  #act(button, verb, { doing, safe, body = {} }) {
    const run = this.#run;
    if (!run) return undefined;
    return this.#busy(button, doing, safe, () => postJson(`${config.urls.runs}${run.id}/${verb}/`, body));
  }

  async #busy(button, doing, safe, action) {
    const label = button.querySelector(".label") ?? button;
    const before = label.textContent;
    label.textContent = doing;
    button.disabled = true;
    button.setAttribute("aria-busy", "true");
    this.#error("");
    try {
      await action();
      await this.#state.refresh();
    } catch (error) {
      this.#error(`${error.message} ${error.detail} ${safe}`.replace(/\s+/g, " "));
    } finally {
      label.textContent = before;
      button.disabled = false;
      button.removeAttribute("aria-busy");
      this.#show();
    }
  }

  #error(text) {
    byId("panel-error").textContent = text;
    byId("panel-error").hidden = !text;
  }

  #show() {
    const run = this.#run;
    const live = isLive(run?.status);
    this.#showStatus(run);
    byId("start-form").hidden = live || !this.#state.value;
    byId("live").hidden = !live;
    byId("ended").hidden = !run || live;
    if (run && live) this.#showLive(run);
    if (run && !live) this.#showEnded(run);
    const alarms = run?.alarms ?? [];
    this.#whenChanged("alarms", alarms, () => this.#showAlarms(alarms));
    byId("panel-stale").hidden = !this.#state.stale;
    this.#tick();
  }

  /** On a phone the panel may be closed: what opens it says so. */
  #showAlarms(alarms) {
    renderAlarms(byId("alarms"), alarms);
    byId("panel-toggle").dataset.alarms = String(alarms.length > 0);
    byId("panel-toggle").querySelector(".label").textContent = alarms.length ? count(alarms.length, "alarm", "alarms") : "Recording";
  }

  #showStatus(run) {
    const status = run?.status ?? (this.#state.value ? "idle" : "loading");
    const element = byId("run-status");
    element.dataset.status = status;
    const waits = Boolean(run) && getsNothing(run);
    element.dataset.waits = String(waits);
    const text = waits ? WAITS : STATUS_WORDS[status] ?? (status === "idle" ? "Nothing is being recorded" : "Loading…");
    if (element.textContent !== text) element.textContent = text;
    if (this.#status && this.#status !== text) announce(text);
    this.#status = text;
  }

  #showLive(run) {
    byId("live-name").textContent = run.name;
    const since = run.recorded_since ?? run.started_at;
    byId("since").textContent = since ? `since ${timeOfDay(since)}` : "";
    byId("since").title = since ? dateAndTime(since) : "";
    const restarting = run.status === "restarting";
    byId("restart").disabled = byId("restart").hasAttribute("aria-busy") || run.status !== "recording";
    byId("postpone").hidden = restarting || !run.restart_due_at;
    byId("stop").disabled = byId("stop").hasAttribute("aria-busy") || run.status === "stopping";
    this.#whenChanged("steps", run.restart, () => renderSteps(byId("restart-steps"), run.restart));
    this.#whenChanged("pieces", run.segments, () => renderPieces(byId("pieces"), run.segments));
    byId("pieces-count").textContent = count(run.segments.length, "segment", "segments");
  }

  #showEnded(run) {
    byId("ended-name").textContent = run.name;
    byId("ended-length").textContent = words(run.elapsed_ms);
    byId("watch").href = `${config.urls.player}?run=${encodeURIComponent(run.id)}`;
  }

  /** Screen readers read these lists aloud when they are drawn, so they are drawn for news only. */
  #whenChanged(what, value, draw) {
    const text = JSON.stringify(value);
    if (this.#drawn.get(what) === text) return;
    this.#drawn.set(what, text);
    draw();
  }

  #tick() {
    const run = this.#run;
    if (!isLive(run?.status)) return;
    const elapsed = this.#state.elapsedMs();
    byId("elapsed").textContent = clock(elapsed);
    byId("elapsed").title = words(elapsed);
    draw(byId("timebar"), run.segments, run.account?.gaps ?? [], this.#state.now());
    byId("timebar-words").textContent = missingWords(run);
    this.#showCountdown(run);
  }

  #showCountdown(run) {
    const left = (instant) => Date.parse(instant) - this.#state.now();
    const parts = [];
    if (run.status === "restarting") parts.push("A change-over is running; the call does not notice.");
    else if (run.restart_due_at) {
      const ms = left(run.restart_due_at);
      parts.push(ms > 0 ? `Next automatic restart in ${words(ms)}.` : "The automatic restart begins now.");
    }
    if (run.limit_at) parts.push(`Archive limit in ${words(Math.max(0, left(run.limit_at)))}.`);
    byId("countdown").textContent = parts.join(" ");
  }
}
