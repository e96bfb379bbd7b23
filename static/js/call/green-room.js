/** Before the call: own picture, level, name, devices, and help where the browser says no. */

import { byId } from "../shared/config.js";
import { fill } from "./devices.js";
import { allowWords } from "./permission-help.js";

const HELP = {
  blocked: ["is blocked", "are blocked", allowWords(navigator.userAgent)],
  missing: ["was not found", "were not found", "Plug one in, then choose it here."],
  busy: ["is used by another program", "are used by another program", "Close that program, then reload the page."],
  insecure: ["needs a secure address (https)", "need a secure address (https)", "Ask the person who sent you the link."],
};

// Who leaves the browser's question unanswered gets in all the same, and is seen and heard after the answer.
const DEVICES_PATIENCE_MS = 15_000;

export class GreenRoom {
  #capture;
  #join;
  #openedLate;
  #opening = Promise.resolve();
  #joined = false;
  #frame = 0;

  /**
   * @param {(name: string) => Promise<void>} join rejects with an error whose message people can read
   * @param {() => void} openedLate camera and microphone came after the person had joined
   */
  constructor(capture, join, openedLate) {
    this.#capture = capture;
    this.#join = join;
    this.#openedLate = openedLate;
    byId("join-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit(byId("name").value.trim());
    });
    for (const id of /** @type {const} */ (["camera-device", "microphone-device"])) byId(id).addEventListener("change", () => this.open());
    byId("green-mute").addEventListener("click", () => this.#toggle("muted", "setMuted"));
    byId("green-camera").addEventListener("click", () => this.#toggle("cameraOff", "setCameraOff"));
    capture.addEventListener("toggle", () => this.#show());
    navigator.mediaDevices?.addEventListener?.("devicechange", () => this.#listDevices());
  }

  /** What a person has typed before the page was ready stays. */
  suggestName(name) {
    if (!byId("name").value) this.setName(name);
  }

  setName(name) {
    byId("name").value = name;
  }

  async open() {
    this.#joined = false;
    byId("preview-note").textContent = "Opening camera and microphone…";
    this.#opening = this.#capture.open({
      audioDevice: byId("microphone-device").value, videoDevice: byId("camera-device").value,
    });
    await this.#opening;
    if (this.#joined) {
      this.#openedLate();
      return;
    }
    byId("preview").srcObject = this.#capture.preview;
    await this.#listDevices();
    this.#show();
    cancelAnimationFrame(this.#frame);
    this.#meter();
  }

  async submit(name) {
    const button = byId("join");
    if (button.disabled) return;
    this.#error(name ? "" : "Please say who you are: the others see this name.");
    if (!name) {
      byId("name").focus();
      return;
    }
    this.setName(name);
    button.disabled = true;
    try {
      button.textContent = "Opening camera and microphone…";
      await Promise.race([this.#opening, pause(DEVICES_PATIENCE_MS)]);
      button.textContent = "Joining…";
      await this.#join(name);
      this.#joined = true;
    } catch (error) {
      this.#error(`You are not in the call yet. ${error.message} ${error.detail ?? ""}`.trim());
    } finally {
      button.disabled = false;
      button.textContent = "Join";
    }
  }

  close() {
    cancelAnimationFrame(this.#frame);
    this.#capture.closeMeter();
    byId("preview").srcObject = null;
  }

  #toggle(property, setter) {
    this.#capture[setter](!this.#capture[property]);
  }

  #error(text) {
    byId("join-error").textContent = text;
    byId("join-error").hidden = !text;
  }

  #show() {
    const { problems, videoTrack, cameraOff, muted } = this.#capture;
    byId("preview").hidden = !videoTrack || cameraOff;
    byId("preview-note").textContent = videoTrack ? (cameraOff ? "Your camera is off" : "") : "No camera picture";
    setGreenToggle("green-mute", "Microphone", muted, problems.audio);
    setGreenToggle("green-camera", "Camera", cameraOff, problems.video);
    byId("permission-help").textContent = helpWords(problems);
    byId("permission-help").hidden = !problems.video && !problems.audio;
  }

  async #listDevices() {
    const devices = await this.#capture.devices();
    fill(byId("camera-device"), devices.video, this.#capture.videoTrack, "Camera");
    fill(byId("microphone-device"), devices.audio, this.#capture.audioTrack, "Microphone");
  }

  #meter() {
    byId("level").value = this.#capture.level();
    this.#frame = requestAnimationFrame(() => this.#meter());
  }
}

function helpWords({ video, audio }) {
  if (video && video === audio) {
    const [, both, advice] = HELP[video];
    return `Your camera and your microphone ${both}. ${advice} You can join without them.`;
  }
  const each = [["camera", video], ["microphone", audio]].filter(([, problem]) => problem);
  return [...each.map(([what, problem]) => `Your ${what} ${HELP[problem][0]}. ${HELP[problem][2]}`), "You can join without it."].join(" ");
}

/** A device that is not open is neither on nor to be switched. */
function setGreenToggle(id, what, off, problem) {
  const button = byId(id);
  button.disabled = Boolean(problem);
  button.setAttribute("aria-pressed", off || Boolean(problem));
  button.querySelector(".label").textContent = problem ? `No ${what.toLowerCase()}` : `${what} ${off ? "off" : "on"}`;
  button.querySelector("use").setAttribute("href", off || problem ? button.dataset.iconOff : button.dataset.iconOn);
}

function pause(ms) {
  return new Promise((resolve) => { setTimeout(resolve, ms); });
}
