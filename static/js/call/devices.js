/** Choosing camera and microphone: in the green room, and in the call without leaving it. */

import { byId } from "../shared/config.js";

/** Lists the devices of one kind; chosen is the one that is in use. */
export function fill(select, devices, track, kind) {
  const current = track?.getSettings().deviceId ?? "";
  select.replaceChildren(...devices.map((device, index) => {
    const option = new Option(device.label || `${kind} ${index + 1}`, device.deviceId);
    option.selected = device.deviceId === current;
    return option;
  }));
  if (!devices.length) select.append(new Option(`No ${kind.toLowerCase()} found`, ""));
  select.disabled = !devices.length;
}

export class DeviceDialog {
  #capture;
  #changed;

  /** @param {() => void} changed after other devices are open: what is shown and published has to follow */
  constructor(capture, changed) {
    this.#capture = capture;
    this.#changed = changed;
    byId("devices").addEventListener("click", () => this.#open());
    byId("devices-close").addEventListener("click", () => byId("devices-dialog").close());
    for (const id of /** @type {const} */ (["call-camera", "call-microphone"])) byId(id).addEventListener("change", () => this.#use());
  }

  async #open() {
    byId("devices-words").textContent = "";
    byId("devices-dialog").showModal();
    await this.#list();
  }

  async #list() {
    const { audio, video } = await this.#capture.devices();
    fill(byId("call-camera"), video, this.#capture.videoTrack, "Camera");
    fill(byId("call-microphone"), audio, this.#capture.audioTrack, "Microphone");
  }

  async #use() {
    byId("devices-words").textContent = "Changing…";
    await this.#capture.open({ audioDevice: byId("call-microphone").value, videoDevice: byId("call-camera").value });
    const { audio, video } = this.#capture.problems;
    byId("devices-words").textContent = audio || video
      ? "That device cannot be opened: another program may be using it. Choose another."
      : "Changed. The others see and hear the new choice.";
    this.#changed();
    await this.#list();
  }
}
