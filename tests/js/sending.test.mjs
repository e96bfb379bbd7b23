import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";

const FakeTimers = createRequire(new URL("../npm/package.json", import.meta.url))("@sinonjs/fake-timers");

globalThis.document ??= { cookie: "", querySelector: () => null };

const { Flow, Sending, waysToServer } = await import("../../static/js/call/sending.js");

/** A report of the browser: one video stream that has sent so many bytes, acknowledged `unheardMs` ago. */
function report(bytes, { ssrc = 1, unheardMs = 500, at = Date.now(), ...more } = {}) {
  return {
    ...more,
    rtcStatsReport: new Map([
      ["o", { type: "outbound-rtp", ssrc, bytesSent: bytes, timestamp: at }],
      ["r", { type: "remote-inbound-rtp", timestamp: at - unheardMs }],
    ]),
  };
}

const way = (bytes, more) => waysToServer([report(bytes, { at: 1_000_000, ...more })]);

function words(...looks) {
  const flow = new Flow(1000);
  return looks.map(([now, ways]) => {
    const { state, since } = flow.look(ways, now);
    return `${state} ${since}`;
  });
}

test("only the way to the server counts, not those to other pages", () => {
  assert.deepEqual(waysToServer([report(5, { subscriberId: "ben" })]), []);
  assert.deepEqual(waysToServer([report(5, { at: 1000 }), report(7, { subscriberId: "ben" })]), [
    { sources: "1", bytes: 5, acknowledgedAt: 500, timestamp: 1000 },
  ]);
});

test("it has sent nothing until bytes rise, and flows from then on", () => {
  assert.deepEqual(words([2000, []], [3000, way(0)], [4000, way(10)], [5000, way(20)]), [
    "none 1000", "none 1000", "flows 4000", "flows 4000",
  ]);
});

test("bytes that rise no more are a silence since they last did", () => {
  assert.deepEqual(words([2000, way(10)], [3000, way(20)], [4000, way(20)], [6000, way(20)], [7000, way(30)]), [
    "flows 2000", "flows 2000", "flows 2000", "silent 3000", "flows 7000",
  ]);
});

test("a way that is gone is a silence at once", () => {
  assert.deepEqual(words([2000, way(10)], [3000, []], [4000, []]), ["flows 2000", "silent 2000", "silent 2000"]);
});

test("of two ways each has to carry bytes", () => {
  const both = (one, other) => [...way(one), ...way(other, { ssrc: 2 })];
  assert.deepEqual(words([2000, both(1, 1)], [4000, both(2, 1)], [5000, both(3, 1)], [6000, both(4, 2)]), [
    "flows 2000", "flows 2000", "silent 2000", "flows 6000",
  ]);
});

test("what nobody acknowledges any more does not flow, since the last acknowledgement", () => {
  assert.deepEqual(words([20_000, way(10)], [21_000, way(20, { unheardMs: 12_000 })]), ["flows 20000", "silent 9000"]);
});

test("a receiver that has never reported is no contradiction", () => {
  const unheard = [{ sources: "1", bytes: 9, acknowledgedAt: 0, timestamp: 1_000_000 }];
  assert.deepEqual(words([2000, unheard]), ["flows 2000"]);
});

test("without statistics nothing is known", () => {
  assert.deepEqual(words([2000, null], [3000, []], [4000, way(1)]), ["unknown 2000", "none 3000", "flows 4000"]);
});

let clock;

/** A page that publishes its camera into both sessions, the second one later; `sent` are bytes by session. */
function page({ recording = true, status = "recording" } = {}) {
  clock = FakeTimers.install({ now: 1_000_000, toFake: ["Date", "setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  const told = [];
  const sent = { primary: 0, secondary: 0 };
  const source = { key: "camera", audioTrack: {}, videoTrack: {}, audioOn: true, videoOn: true };
  const link = (session, state) => Object.assign(new EventTarget(), {
    state, published: [{ source, publisher: { getRtcStatsReport: async () => [report(sent[session])] } }],
  });
  const links = { primary: link("primary", "publishing"), secondary: link("secondary", "idle") };
  globalThis.fetch = async (url, { body }) => {
    told.push({ url, ...JSON.parse(body) });
    return { ok: true, status: 204, json: async () => null };
  };
  const state = { value: { recording, run: { status } } };
  new Sending(links, "/sending/", () => ({ participant: "ann", name: "Ann" }), state);
  const pass = async (seconds, rise = 100) => {
    for (let second = 0; second < seconds; second += 1) {
      sent.primary += rise;
      clock.tick(1000);
      for (let turn = 0; turn < 5; turn += 1) await new Promise((done) => { setImmediate(done); });
    }
  };
  return { told, sent, source, links, state, pass };
}

test.afterEach(() => clock?.uninstall());

test("a page reports all that it publishes every five seconds, and at once what is new", async () => {
  const { told, links, pass } = page();
  await pass(10);
  assert.deepEqual(told, [
    { url: "/sending/", participant: "ann", name: "Ann", media: [{ session: "primary", kind: "camera", state: "flows", for_ms: 0 }] },
    { url: "/sending/", participant: "ann", name: "Ann", media: [{ session: "primary", kind: "camera", state: "flows", for_ms: 5000 }] },
  ]);
  links.secondary.state = "publishing";
  links.secondary.dispatchEvent(new Event("state"));
  await pass(0);
  for (let turn = 0; turn < 5; turn += 1) await new Promise((done) => { setImmediate(done); });
  assert.deepEqual(told.at(-1).media.map(({ session, state }) => [session, state]), [["primary", "flows"], ["secondary", "none"]]);
});

test("it reports a silence once it is one, with its length", async () => {
  const { told, pass } = page();
  await pass(2);
  await pass(4, 0);
  const [{ state, for_ms: forMs }] = told.at(-1).media;
  assert.deepEqual([state, forMs >= 3000], ["silent", true]);
});

test("it reports every second while the recording is moved", async () => {
  const { told, pass } = page({ status: "restarting" });
  await pass(5);
  assert.equal(told.length, 5);
});

test("nothing is reported without a recording", async () => {
  const { told, pass } = page({ recording: false });
  await pass(20);
  assert.deepEqual(told, []);
});

test("who is muted and dark has nothing to send, and begins anew after", async () => {
  const { told, source, pass } = page();
  await pass(2);
  Object.assign(source, { audioOn: false, videoOn: false });
  await pass(10, 0);
  assert.deepEqual(told.at(-1).media, []);
  source.audioOn = true;
  await pass(1);
  assert.deepEqual(told.at(-1).media.map(({ state, for_ms: forMs }) => [state, forMs]), [["flows", 0]]);
});

test("a lost connection is no silence: what comes after it begins anew", async () => {
  const { told, links, pass } = page();
  await pass(2);
  links.primary.state = "reconnecting";
  await pass(10, 0);
  assert.deepEqual(told.at(-1).media, []);
  links.primary.state = "publishing";
  links.primary.published[0].publisher.getRtcStatsReport = async () => [];
  await pass(1, 0);
  assert.deepEqual(told.at(-1).media.map(({ state, for_ms: forMs }) => [state, forMs]), [["none", 0]]);
});

test("statistics that never come are unknown, and the page looks again", async () => {
  const { told, links, pass } = page();
  links.primary.published[0].publisher.getRtcStatsReport = () => new Promise(() => {});
  await pass(4);
  assert.deepEqual(told.at(-1).media.map(({ state }) => state), ["unknown"]);
  links.primary.published[0].publisher.getRtcStatsReport = async () => [report(1000)];
  await pass(4);
  assert.deepEqual(told.at(-1).media.map(({ state }) => state), ["flows"]);
});
