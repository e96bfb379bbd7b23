/** A person's part in a room: one capture, two sessions that carry it alike, and the room's state. No page in here. */

import { postJson } from "../shared/api.js";
import { Away } from "./away.js";
import { RoomState } from "./room-state.js";
import { loadScript } from "./platform.js";
import { SessionLink } from "./session-link.js";
import { Memory } from "./memory.js";
import { Sending } from "./sending.js";

/** @typedef {import("./session-link.js").Source} Source */

export class Call extends EventTarget {
  name = "";
  participant = "";
  /** @type {Source | null} */
  screen = null;
  #config;
  #capture;
  #memory;
  /** @type {any} what the server answered to joining */
  #joined = null;
  /** @type {Source | null} */
  #camera = null;

  /** @param config the page's: room, urls, platform; @param {import("./capture.js").Capture} capture */
  constructor(config, capture) {
    super();
    this.#config = config;
    this.#capture = capture;
    this.#memory = new Memory(config.room.slug);
    this.state = new RoomState(config.urls.state);
    this.primary = new SessionLink((again) => this.#credentials("primary", again));
    this.secondary = new SessionLink((again) => this.#credentials("secondary", again));
    const person = () => ({ participant: this.participant, name: this.name });
    new Away(this.primary, config.urls.away, person);
    new Sending({ primary: this.primary, secondary: this.secondary }, config.urls.sending, person, this.state);
    this.#follow();
  }

  /** Joins the room; rejects with an ApiError when the server says no. */
  async join(name) {
    this.name = name;
    await this.#ask();
    this.#memory.joined(this.participant, this.name);
    this.#publishCamera();
    this.state.start();
    this.primary.want(true);
  }

  leave() {
    this.#memory.left();
    this.stopScreen();
    this.state.stop();
    this.secondary.want(false);
    this.primary.want(false);
    this.#joined = null;
  }

  /** After a device came, went or changed: what is published follows, in both sessions. */
  capturedAnew() {
    if (this.#joined) this.#publishCamera();
  }

  /** Rejects as getDisplayMedia does when the person thinks better of it. */
  async startScreen() {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 15 } }, audio: true });
    const [videoTrack] = stream.getVideoTracks();
    const [audioTrack = null] = stream.getAudioTracks();
    this.screen = {
      key: "screen", name: `${this.name} [${this.participant}:screen]`,
      audioTrack, videoTrack, audioOn: Boolean(audioTrack), videoOn: true, hint: "detail",
    };
    videoTrack.addEventListener("ended", () => this.stopScreen());
    this.#publishAll();
    this.dispatchEvent(new Event("screen"));
  }

  stopScreen() {
    if (!this.screen) return;
    for (const track of [this.screen.audioTrack, this.screen.videoTrack]) track?.stop();
    this.screen = null;
    this.#publishAll();
    this.dispatchEvent(new Event("screen"));
  }

  retryNow() {
    this.primary.retryNow();
    this.secondary.retryNow();
    this.state.refresh();
  }

  #follow() {
    this.state.addEventListener("change", () => {
      // Nothing is known yet where the first answer did not come.
      if (this.#joined && this.state.value) this.secondary.want(this.state.value.secondary_wanted);
    });
    // Who connects in the middle of a change-over never hears the signal that began it.
    this.primary.addEventListener("connected", () => this.state.refresh());
    this.primary.addEventListener("session", (/** @type {CustomEvent<OT.Session>} */ { detail: session }) => {
      for (const type of ["join", "leave", "state"]) session.on(`signal:${type}`, () => this.#hint(type));
    });
    this.#capture.addEventListener("toggle", () => this.#toggle());
    this.#memory.restoreToggles(this.#capture);
  }

  /** The signal makes it faster; the state that is asked for right after decides. */
  #hint(type) {
    if (type === "join" && this.#joined) this.secondary.want(true);
    this.state.refresh();
  }

  #toggle() {
    this.#memory.toggled(this.#capture);
    if (!this.#camera) return;
    this.#camera.audioOn = !this.#capture.muted;
    this.#camera.videoOn = !this.#capture.cameraOff;
    this.primary.applyToggles();
    this.secondary.applyToggles();
  }

  #publishCamera() {
    const { audioTrack, videoTrack, muted, cameraOff } = this.#capture;
    this.#camera = audioTrack || videoTrack
      ? {
        key: "camera", name: `${this.name} [${this.participant}]`,
        audioTrack, videoTrack, audioOn: !muted, videoOn: !cameraOff,
      }
      : null;
    this.#publishAll();
  }

  #publishAll() {
    const sources = [this.#camera, this.screen].filter((source) => source !== null);
    this.primary.setSources(sources);
    this.secondary.setSources(sources);
  }

  async #ask() {
    const answer = await postJson(this.#config.urls.join, {
      name: this.name,
      ...(this.#memory.participant ? { participant: this.#memory.participant } : {}),
    });
    this.#joined = answer;
    this.participant = answer.participant;
    this.name = answer.name;
    this.state.accept(answer.state);
  }

  async #credentials(which, again) {
    // A token may have run out while the network was away. An old one is better than none, where we may stay.
    if (again) await this.#ask().catch((error) => { if ([401, 403, 404].includes(error.status)) throw error; });
    if (!this.#joined) throw new Error("left the room");
    const { api_key: apiKey, script_url: scriptUrl } = this.#joined;
    const { session_id: sessionId, token } = this.#joined[which];
    return { OT: await loadScript(scriptUrl, this.#config.platform.proxy_url), apiKey, sessionId, token };
  }
}
