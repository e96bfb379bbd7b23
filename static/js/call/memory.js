/** What a reload must not forget: who I am in this room, that I was in the call, and that I was muted. */
export class Memory {
  #key;
  #value;

  constructor(slug) {
    this.#key = `room:${slug}`;
    this.#value = JSON.parse(sessionStorage.getItem(this.#key) ?? "{}");
  }

  get participant() {
    return this.#value.participant ?? "";
  }

  /** The name to go on with after a reload in the middle of a call, or "". */
  get rejoinAs() {
    return this.#value.inCall ? this.#value.name : "";
  }

  get name() {
    return this.#value.name ?? "";
  }

  joined(participant, name) {
    this.#save({ participant, name, inCall: true });
  }

  left() {
    this.#save({ inCall: false });
  }

  toggled({ muted, cameraOff }) {
    this.#save({ muted, cameraOff });
  }

  restoreToggles(capture) {
    capture.muted = Boolean(this.#value.muted);
    capture.cameraOff = Boolean(this.#value.cameraOff);
  }

  #save(change) {
    this.#value = { ...this.#value, ...change };
    sessionStorage.setItem(this.#key, JSON.stringify(this.#value));
  }
}
