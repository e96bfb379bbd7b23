/** The room as a page: green room, pictures, bar. The participant's page is this; the host's adds a panel. */

import { announce } from "../shared/announce.js";
import { Call } from "./call.js";
import { Capture } from "./capture.js";
import { byId, config } from "../shared/config.js";
import { connectionWords } from "./connection-words.js";
import { DeviceDialog } from "./devices.js";
import { clock } from "../shared/format.js";
import { GreenRoom } from "./green-room.js";
import { Memory } from "./memory.js";
import { Others } from "./others.js";
import { Tiles } from "./tiles.js";

const SELF = "self";
export class RoomPage {
  #tiles = new Tiles(byId("grid"));
  #capture = new Capture(config.video);
  /** @type {boolean | null} */
  #recording = null;

  constructor() {
    this.call = new Call(config, this.#capture);
    this.others = new Others(this.call, this.#tiles);
    this.greenRoom = new GreenRoom(
      this.#capture, (name) => this.join(name), () => this.#devicesChanged(),
    );
    new DeviceDialog(this.#capture, () => this.#devicesChanged());
    this.#bindBar();
    this.#bindStates();
    setInterval(() => this.#tick(), 500);
  }

  /** Opens the devices; joins at once with a name in the address or after a reload in mid-call. */
  async open() {
    const memory = new Memory(config.room.slug);
    const given = new URLSearchParams(location.search).get("name")?.trim().slice(0, 80);
    this.greenRoom.suggestName(given || memory.name || config.user.name);
    this.#phase("green");
    this.call.state.refresh();
    await this.greenRoom.open();
    const name = given || memory.rejoinAs;
    if (name) await this.greenRoom.submit(name);
  }

  async join(name) {
    this.#phase("joining");
    try {
      await this.call.join(name);
    } catch (error) {
      this.#phase("green");
      throw error;
    }
    this.greenRoom.close();
    this.#showSelf();
    this.#phase("call");
    announce(`You are in ${config.room.name}.`);
  }

  leave() {
    this.call.leave();
    this.#tiles.clear();
    this.#capture.close();
    this.#phase("left");
    byId("rejoin").focus();
    announce("You have left the call.");
  }

  #phase(phase) {
    document.body.dataset.phase = phase;
    byId("green").hidden = !["green", "joining"].includes(phase);
    byId("stage").hidden = phase !== "call";
    byId("bar").hidden = phase !== "call";
    byId("left").hidden = phase !== "left";
    this.#showConnection();
  }

  #showSelf() {
    const picture = this.#tiles.add(SELF, { name: this.call.name, isSelf: true });
    const stream = this.#capture.preview;
    if (stream) {
      const video = document.createElement("video");
      Object.assign(video, { srcObject: stream, muted: true, autoplay: true, playsInline: true });
      video.className = "mirrored";
      picture.append(video);
    }
    this.#showToggles();
  }

  #bindBar() {
    byId("mute").addEventListener("click", () => this.#capture.setMuted(!this.#capture.muted));
    byId("camera").addEventListener("click", () => this.#capture.setCameraOff(!this.#capture.cameraOff));
    byId("screen").addEventListener("click", () => this.#toggleScreen());
    byId("leave").addEventListener("click", () => this.leave());
    byId("rejoin").addEventListener("click", () => this.open());
    byId("retry").addEventListener("click", () => this.call.retryNow());
    byId("screen").hidden = !navigator.mediaDevices?.getDisplayMedia;
  }

  #bindStates() {
    this.#capture.addEventListener("toggle", () => this.#showToggles());
    this.#capture.addEventListener("lost", ({ detail: kind }) => this.#deviceLost(kind));
    this.call.addEventListener("screen", () => this.#showScreen());
    this.others.addEventListener("change", () => this.#showPeople());
    this.others.addEventListener("blocked", () => { byId("sound-blocked").hidden = false; });
    byId("sound-on").addEventListener("click", () => unblockSound());
    for (const link of [this.call.primary, this.call.secondary]) {
      for (const event of ["state", "problem"]) link.addEventListener(event, () => this.#showConnection());
    }
    for (const event of ["change", "stale"]) {
      this.call.state.addEventListener(event, () => { this.#showRecording(); this.#showConnection(); });
    }
    window.addEventListener("online", () => this.call.retryNow());
    window.addEventListener("pagehide", () => this.call.primary.session?.disconnect());
  }

  #showToggles() {
    const { muted, cameraOff, audioTrack, videoTrack } = this.#capture;
    setToggle(byId("mute"), muted || !audioTrack, muted ? "Unmute" : "Mute", !audioTrack);
    setToggle(byId("camera"), cameraOff || !videoTrack, cameraOff ? "Camera on" : "Camera off", !videoTrack);
    this.#tiles.update(SELF, { hasAudio: !muted && Boolean(audioTrack), hasVideo: !cameraOff && Boolean(videoTrack) });
  }

  async #toggleScreen() {
    if (this.call.screen) {
      this.call.stopScreen();
      return;
    }
    // Choosing nothing is an answer too: the browser rejects, and there is nothing to say.
    await this.call.startScreen().catch((error) => console.info("no screen shared:", error.name));
  }

  #showScreen() {
    const shared = Boolean(this.call.screen);
    byId("screen").setAttribute("aria-pressed", shared);
    byId("screen").querySelector(".label").textContent = shared ? "Stop sharing" : "Share screen";
    announce(shared ? "You are sharing your screen." : "You no longer share your screen.");
  }

  #devicesChanged() {
    this.call.capturedAnew();
    this.#showSelf();
    this.#notice("");
  }

  #deviceLost(kind) {
    this.#notice(kind === "audio"
      ? "Your microphone was unplugged or taken by another program. Nobody hears you; choose another under Devices."
      : "Your camera was unplugged or taken by another program. Nobody sees you; choose another under Devices.");
  }

  #notice(text) {
    byId("device-notice").textContent = text;
    byId("device-notice").hidden = !text;
  }

  #showPeople() {
    const others = this.others.names;
    byId("people-count").textContent = String(others.length + 1);
    byId("people-word").textContent = others.length ? "people" : "person";
    byId("people").title = ["You", ...others].join(", ");
    byId("alone").hidden = others.length > 0;
  }

  #showConnection() {
    const { primary, secondary, state } = this.call;
    Object.assign(document.documentElement.dataset, {
      room: roomWord(document.body.dataset.phase, primary.state), primary: primary.state, secondary: secondary.state,
    });
    const inCall = document.body.dataset.phase === "call";
    const { words, mayBeBlocked, canRetry } = connectionWords(primary);
    const stale = state.stale ? "The server does not answer. The call goes on; trying again…" : "";
    this.#showBanner(inCall ? words || stale : "", mayBeBlocked);
    byId("retry").hidden = !canRetry;
    if (inCall && !this.#capture.audioTrack && !this.#capture.videoTrack) {
      this.#notice("You can watch and listen. Nobody sees or hears you: no camera or microphone is open.");
    }
  }

  #showBanner(words, mayBeBlocked) {
    if (byId("connection-words").textContent !== words) byId("connection-words").textContent = words;
    byId("connection").hidden = !words;
    byId("network-help").hidden = !mayBeBlocked;
  }

  #showRecording() {
    const recording = Boolean(this.call.state.value?.recording);
    document.documentElement.dataset.recording = String(recording);
    byId("recording").hidden = !recording;
    byId("green-recording").hidden = !recording;
    if (this.#recording !== recording && (recording || this.#recording !== null)) {
      announce(recording ? "This call is being recorded." : "The recording has ended.");
    }
    this.#recording = recording;
    this.#tick();
  }

  #tick() {
    if (this.#recording) byId("recording-time").textContent = clock(this.call.state.elapsedMs());
  }
}

/** Browsers play no sound before the first click on a page; this is that click. */
function unblockSound() {
  window.OT?.unblockAudio?.();
  for (const video of document.querySelectorAll('.tile[data-self="false"] video')) {
    video.muted = false;
    video.play().catch((error) => console.info("no sound:", error.name));
  }
  byId("sound-blocked").hidden = true;
}

function roomWord(phase, primaryState) {
  if (phase !== "call") return phase;
  return primaryState === "publishing" ? "connected" : primaryState;
}

function setToggle(button, off, label, missing) {
  button.setAttribute("aria-pressed", off);
  button.disabled = missing;
  button.querySelector(".label").textContent = label;
  button.querySelector("use").setAttribute("href", off ? button.dataset.iconOff : button.dataset.iconOn);
}
