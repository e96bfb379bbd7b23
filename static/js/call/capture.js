/** The one capture of camera and microphone that every publisher on this page shares. */

const PROBLEMS = {
  NotAllowedError: "blocked",
  SecurityError: "blocked",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
};

const chosen = (device) => (device ? { deviceId: { exact: device } } : {});

export class Capture extends EventTarget {
  /** @type {MediaStreamTrack | null} */
  audioTrack = null;
  /** @type {MediaStreamTrack | null} */
  videoTrack = null;
  muted = false;
  cameraOff = false;
  /** Why a device is not there: "blocked", "missing", "busy", "insecure", or "" when it works. */
  problems = { audio: "", video: "" };
  #video;
  /** @type {ReturnType<typeof openMeter> | null} */
  #meter = null;

  /** @param {{width: number, height: number}} video the size asked of the camera */
  constructor(video) {
    super();
    this.#video = video;
  }

  /** Opens what can be opened: one blocked or absent device must not cost the other. */
  async open({ audioDevice = "", videoDevice = "" } = {}) {
    this.close();
    const audio = { ...chosen(audioDevice), echoCancellation: true, noiseSuppression: true };
    const video = {
      ...chosen(videoDevice),
      width: { ideal: this.#video.width }, height: { ideal: this.#video.height }, frameRate: { ideal: 30 },
    };
    this.problems = { audio: "", video: "" };
    const both = await this.#ask({ audio, video });
    const streams = both.stream ? [both.stream] : await this.#askSingly(audio, video);
    this.#take(streams.flatMap((stream) => stream.getTracks()));
  }

  get preview() {
    return this.videoTrack ? new MediaStream([this.videoTrack]) : null;
  }

  setMuted(muted) {
    this.muted = muted;
    if (this.audioTrack) this.audioTrack.enabled = !muted;
    this.dispatchEvent(new Event("toggle"));
  }

  setCameraOff(cameraOff) {
    this.cameraOff = cameraOff;
    if (this.videoTrack) this.videoTrack.enabled = !cameraOff;
    this.dispatchEvent(new Event("toggle"));
  }

  /** Cameras and microphones by kind; names are empty until the user has allowed one. */
  async devices() {
    const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    return {
      audio: all.filter((device) => device.kind === "audioinput"),
      video: all.filter((device) => device.kind === "videoinput"),
    };
  }

  /** Loudness of the microphone, 0 to 1, for the green room's meter. */
  level() {
    if (!this.audioTrack || this.muted) return 0;
    this.#meter ??= openMeter(this.audioTrack);
    return this.#meter.read();
  }

  closeMeter() {
    this.#meter?.close();
    this.#meter = null;
  }

  close() {
    this.closeMeter();
    for (const track of [this.audioTrack, this.videoTrack]) track?.stop();
    this.audioTrack = null;
    this.videoTrack = null;
  }

  async #ask(constraints) {
    if (!navigator.mediaDevices?.getUserMedia) return { problem: "insecure" };
    try {
      return { stream: await navigator.mediaDevices.getUserMedia(constraints) };
    } catch (error) {
      return { problem: PROBLEMS[error.name] ?? "busy" };
    }
  }

  async #askSingly(audio, video) {
    const microphone = await this.#ask({ audio });
    const camera = await this.#ask({ video });
    this.problems = { audio: microphone.problem ?? "", video: camera.problem ?? "" };
    return [microphone.stream, camera.stream].filter((stream) => stream !== undefined);
  }

  #take(tracks) {
    for (const track of tracks) {
      if (track.kind === "audio") this.audioTrack = track;
      else this.videoTrack = track;
      track.addEventListener("ended", () => this.dispatchEvent(new CustomEvent("lost", { detail: track.kind })));
    }
    if (this.audioTrack) this.audioTrack.enabled = !this.muted;
    if (this.videoTrack) this.videoTrack.enabled = !this.cameraOff;
  }
}

function openMeter(track) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 512;
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  return {
    read() {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      const decibels = 10 * Math.log10(power + 1e-9);
      return Math.min(1, Math.max(0, (decibels + 60) / 50));
    },
    close: () => context.close(),
  };
}
