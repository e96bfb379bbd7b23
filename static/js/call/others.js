import { announce } from "../shared/announce.js";

/** Shows everybody else's streams of the primary session; the secondary is never looked at. */
export class Others extends EventTarget {
  #tiles;
  #call;
  #people = new Map();

  constructor(call, tiles) {
    super();
    this.#call = call;
    this.#tiles = tiles;
    call.primary.addEventListener("session", ({ detail: session }) => this.#listen(session));
    call.primary.addEventListener("lost", () => this.#forget());
  }

  /** Names of the other people whose streams are here, one per person. */
  get names() {
    return [...new Map([...this.#people.values()].map(({ participant, name }) => [participant, name])).values()];
  }

  /** @param {OT.Session} session */
  #listen(session) {
    session.on("streamCreated", ({ stream }) => this.#show(session, stream));
    session.on("streamDestroyed", ({ stream }) => this.#hide(stream));
    session.on("streamPropertyChanged", ({ stream }) => this.#tiles.update(stream.streamId, stream));
  }

  /** @param {OT.Session} session @param {OT.Stream} stream */
  #show(session, stream) {
    const person = personOf(stream);
    // My own stream from before a reload stays for a moment; I do not want to hear myself.
    if (person.participant === this.#call.participant) return;
    const known = this.names.includes(person.name);
    this.#people.set(stream.streamId, person);
    const picture = this.#tiles.add(stream.streamId, { name: person.name, isScreen: person.isScreen });
    this.#tiles.update(stream.streamId, stream);
    // Without the default UI: its name and buttons would lie unseen, and yet focusable, under the page's own.
    const subscriber = session.subscribe(stream, undefined, { insertDefaultUI: false }, (error) => {
      if (error) this.#unseen(stream, error);
    });
    subscriber?.on("videoElementCreated", ({ element }) => picture.replaceChildren(element));
    subscriber?.on("audioBlocked", () => this.dispatchEvent(new Event("blocked")));
    if (!known) announce(`${person.name} is here.`);
    this.dispatchEvent(new Event("change"));
  }

  #hide(stream) {
    const person = this.#people.get(stream.streamId);
    if (!person) return;
    this.#people.delete(stream.streamId);
    this.#tiles.remove(stream.streamId);
    if (!this.names.includes(person.name)) announce(`${person.name} left.`);
    this.dispatchEvent(new Event("change"));
  }

  #unseen(stream, error) {
    console.info("cannot subscribe to a stream:", error.name ?? "", error.message ?? error);
    this.#tiles.update(stream.streamId, { hasAudio: stream.hasAudio, hasVideo: false });
  }

  #forget() {
    for (const streamId of this.#people.keys()) this.#tiles.remove(streamId);
    this.#people.clear();
    this.dispatchEvent(new Event("change"));
  }
}

/** Who publishes a stream: from the token's connection data, else from the stream's own name. @param {OT.Stream} stream */
function personOf(stream) {
  const [, plainName = "", tag = ""] = /^(.*?)(?: \[([^\]]*)\])?$/.exec(stream.name ?? "") ?? [];
  let data = {};
  try {
    data = JSON.parse(stream.connection?.data || "{}");
  } catch {
    // Tokens made elsewhere may carry any text.
  }
  return {
    participant: data.participant ?? tag.split(":")[0] ?? stream.streamId,
    name: data.name || plainName || "Guest",
    isScreen: tag.endsWith(":screen") || stream.videoType === "screen",
  };
}
