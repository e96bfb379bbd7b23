/**
 * This page's link to one OpenTok session: says what is wanted, and keeps at it.
 *
 * Level-triggered: `want` and `setSources` change what is wanted, and one loop brings the session there, through
 * lost networks and restarted servers, with growing pauses. States: idle, connecting, unreachable (not connected
 * yet, and trying again), connected, publishing, reconnecting, removed, failed.
 */

const CALL_TIMEOUT_MS = 20_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
// About forty minutes of trying: longer than a router's or a server's restart, shorter than for ever.
const MOST_ATTEMPTS = 240;

/**
 * What this page publishes under one key: `hint` says what matters in the picture.
 *
 * @typedef {{key: string, name: string, audioTrack: MediaStreamTrack | null, videoTrack: MediaStreamTrack | null,
 *   audioOn: boolean, videoOn: boolean, hint?: OT.VideoContentHint}} Source
 * @typedef {{audio: MediaStreamTrack | null, video: MediaStreamTrack | null}} Tracks
 * @typedef {{publisher: OT.Publisher, tracks: Tracks}} Published
 */

/**
 * An SDK call with a completion handler as a promise that also ends when no answer comes.
 *
 * @param {(done: (error?: OT.OTError) => void) => void} call
 * @returns {Promise<void>}
 */
function completion(call) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no answer in time")), CALL_TIMEOUT_MS);
    call((error) => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve();
    });
  });
}

/** Fires `state`, `problem`, `session` (a new one, before it connects), `connected` and `lost`. */
export class SessionLink extends EventTarget {
  state = "idle";
  #credentials;
  #wanted = false;
  /** @type {Source[]} */
  #sources = [];
  /** @type {Map<Source, Published>} */
  #published = new Map();
  /** @type {OT.Session | null} */
  #session = null;
  #settling = false;
  #again = false;
  #attempt = 0;
  // The SDK has lost the network and tries to come back: until it tells more, nothing is as it seems.
  #away = false;
  #timer = 0;
  /** The platform's library, since the first connection. @type {typeof OT} */
  #OT = /** @type {any} */ (null);
  #problem = null;
  // Whether this link was ever connected: what was never there cannot have been lost.
  #wasConnected = false;
  // The SDK gives the same object for the same session again, with the handlers it already has.
  #heard = new WeakSet();

  /**
   * @param {(again: boolean) => Promise<{OT: typeof OT, apiKey: string, sessionId: string, token: string}>}
   *   credentials asked for before each connection; `again` is true after a loss
   */
  constructor(credentials) {
    super();
    this.#credentials = credentials;
  }

  /** Why the last attempt to connect or publish failed; null once both have succeeded. */
  get problem() {
    return this.#problem;
  }

  get session() {
    return this.#session;
  }

  get wasConnected() {
    return this.#wasConnected;
  }

  /** What is published now, by source. @returns {{source: Source, publisher: OT.Publisher}[]} */
  get published() {
    return [...this.#published].map(([source, { publisher }]) => ({ source, publisher }));
  }

  want(wanted) {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    this.retryNow();
  }

  /** What this page publishes from now on. @param {Source[]} sources */
  setSources(sources) {
    this.#sources = sources;
    this.#settle();
  }

  /** Carries mute and camera-off to what is published already; later publishers start with them. */
  applyToggles() {
    for (const [source, { publisher }] of this.#published) {
      publisher.publishAudio(source.audioOn);
      publisher.publishVideo(source.videoOn);
    }
  }

  retryNow() {
    this.#attempt = 0;
    clearTimeout(this.#timer);
    this.#settle();
  }

  #setState(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }

  async #settle() {
    this.#again = true;
    if (this.#settling) return;
    this.#settling = true;
    try {
      while (this.#again) {
        this.#again = false;
        await this.#step();
      }
    } catch (error) {
      this.#later(error);
    } finally {
      this.#settling = false;
    }
  }

  async #step() {
    if (!this.#wanted) {
      this.#close();
      this.#setState("idle");
      return;
    }
    if (!this.#session) await this.#connect();
    if (this.#away) return;
    this.#unpublishUnwanted();
    for (const source of this.#sources) {
      if (this.#session && !this.#published.has(source)) await this.#publish(source);
    }
    if (!this.#session) return;
    this.#attempt = 0;
    this.#problem = null;
    this.#setState(this.#published.size ? "publishing" : "connected");
  }

  async #connect() {
    const again = ["reconnecting", "unreachable"].includes(this.state);
    if (!again) this.#setState("connecting");
    const { OT, apiKey, sessionId, token } = await this.#credentials(again);
    this.#OT = OT;
    const session = OT.initSession(apiKey, sessionId);
    this.#listen(session);
    try {
      await completion((done) => session.connect(token, done));
    } catch (error) {
      session.disconnect();
      throw error;
    }
    this.#session = session;
    this.#wasConnected = true;
    this.dispatchEvent(new Event("connected"));
  }

  /** @param {OT.Session} session */
  #listen(session) {
    if (this.#heard.has(session)) return;
    this.#heard.add(session);
    this.dispatchEvent(new CustomEvent("session", { detail: session }));
    session.on("sessionDisconnected", (event) => this.#lost(session, event.reason));
    session.on("sessionReconnecting", () => this.#lostForNow(session));
    session.on("sessionReconnected", () => this.#back(session));
  }

  #lostForNow(session) {
    if (session !== this.#session) return;
    this.#away = true;
    this.#setState("reconnecting");
  }

  #back(session) {
    if (session !== this.#session) return;
    this.#away = false;
    this.#settle();
  }

  #lost(session, reason) {
    if (session !== this.#session) return;
    this.#forget();
    if (reason === "forceDisconnected") {
      this.#wanted = false;
      this.#setState("removed");
    } else if (this.#wanted) {
      this.#later(new Error(reason));
    }
  }

  #later(error) {
    if (!this.#wanted) {
      this.#close();
      this.#setState("idle");
      return;
    }
    this.#attempt += 1;
    this.#problem = error;
    if (this.#attempt > MOST_ATTEMPTS) {
      this.#setState("failed");
      this.dispatchEvent(new Event("problem"));
      return;
    }
    console.info("session link tries again:", error?.name ?? "", error?.message ?? error);
    // A link that is up lost no more than one publisher: the session stays, and so does its state.
    if (!this.#session) this.#setState(this.#wasConnected ? "reconnecting" : "unreachable");
    else if (!this.#away) this.#setState(this.#published.size ? "publishing" : "connected");
    this.dispatchEvent(new Event("problem"));
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.#attempt - 1));
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#settle(), pause * (0.75 + Math.random() / 2));
  }

  /** @param {Source} source */
  async #publish(source) {
    // The SDK may stop the tracks it was given; clones share the capture and leave the page's own alone.
    const tracks = { audio: cloneOf(source.audioTrack), video: cloneOf(source.videoTrack) };
    if (!tracks.audio && !tracks.video) return;
    const session = /** @type {OT.Session} */ (this.#session);
    const publisher = await this.#initPublisher(source, tracks);
    const entry = { publisher, tracks };
    publisher.on("streamDestroyed", () => this.#ended(source, entry));
    try {
      await completion((done) => session.publish(publisher, done));
    } catch (error) {
      release(entry);
      throw error;
    }
    if (session !== this.#session) {
      release(entry);
      return;
    }
    this.#published.set(source, entry);
    // Muted while the publisher was being made: it carries the state from before until now.
    this.applyToggles();
  }

  /** @param {Source} source @param {Tracks} tracks @returns {Promise<OT.Publisher>} */
  async #initPublisher(source, tracks) {
    /** @type {any} */
    let publisher;
    try {
      await completion((done) => {
        // Without the default UI the vendor's library refuses a target: there is nothing to put into it.
        publisher = this.#OT.initPublisher(undefined, {
          name: source.name,
          audioSource: tracks.audio,
          videoSource: tracks.video,
          publishAudio: source.audioOn,
          publishVideo: source.videoOn,
          insertDefaultUI: false,
          ...(source.hint ? { videoContentHint: source.hint } : {}),
        }, done);
      });
    } catch (error) {
      release({ publisher, tracks });
      throw error;
    }
    return publisher;
  }

  #ended(source, entry) {
    if (this.#published.get(source) !== entry) return;
    this.#published.delete(source);
    release(entry);
    if (this.#session && this.#wanted) this.#later(new Error("a publisher ended"));
  }

  #unpublishUnwanted() {
    for (const [source, entry] of [...this.#published]) {
      if (this.#sources.includes(source)) continue;
      this.#published.delete(source);
      this.#session?.unpublish(entry.publisher);
      release(entry);
    }
  }

  #close() {
    const session = this.#session;
    this.#forget();
    session?.disconnect();
  }

  #forget() {
    if (!this.#session) return;
    this.#session = null;
    this.#away = false;
    this.dispatchEvent(new Event("lost"));
    const entries = [...this.#published.values()];
    this.#published.clear();
    entries.forEach(release);
  }
}

/** @param {MediaStreamTrack | null} track */
function cloneOf(track) {
  return track?.readyState === "live" ? track.clone() : null;
}

/** @param {{publisher?: OT.Publisher, tracks: Tracks}} entry */
function release({ publisher, tracks }) {
  publisher?.destroy();
  for (const track of [tracks.audio, tracks.video]) track?.stop();
}
