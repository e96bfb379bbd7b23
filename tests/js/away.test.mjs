import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";

const FakeTimers = createRequire(new URL("../npm/package.json", import.meta.url))("@sinonjs/fake-timers");

globalThis.document ??= { cookie: "", querySelector: () => null };

const { Away } = await import("../../static/js/call/away.js");

let clock;

/** A link whose state the test sets, and a server that answers with `statuses` one after the other. */
function scene(...statuses) {
  const told = [];
  const link = new EventTarget();
  clock = FakeTimers.install({ toFake: ["Date", "setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  globalThis.fetch = async (url, { body }) => {
    told.push({ url, ...JSON.parse(body) });
    const status = statuses.shift() ?? 204;
    if (!status) throw new TypeError("no network");
    return { ok: status < 400, status, json: async () => null };
  };
  new Away(link, "/away/", () => ({ participant: "ann", name: "Ann" }));
  const be = (state) => { link.state = state; link.dispatchEvent(new Event("state")); };
  return { told, be, pass: (ms) => clock.tick(ms), settle: () => new Promise((done) => setImmediate(done)) };
}

test.afterEach(() => clock.uninstall());

test("it tells how long the connection was lost, once it is back", async () => {
  const { told, be, pass, settle } = scene();
  be("publishing");
  pass(60_000);
  be("reconnecting");
  pass(6000);
  be("reconnecting");
  pass(4000);
  assert.deepEqual(told, []);
  be("publishing");
  await settle();
  assert.deepEqual(told, [{ url: "/away/", participant: "ann", name: "Ann", away_ms: 10_000, ago_ms: 0 }]);
});

test("it tells nothing of who joins, who leaves, and a loss too short to know", async () => {
  const { told, be, pass, settle } = scene();
  be("reconnecting");
  pass(9000);
  be("publishing");
  be("reconnecting");
  pass(500);
  be("publishing");
  be("reconnecting");
  pass(3000);
  be("idle");
  be("connecting");
  pass(3000);
  be("publishing");
  await settle();
  assert.deepEqual(told, []);
});

test("it tells again when the server was away, and how long ago it was", async () => {
  const { told, be, pass, settle } = scene(0, 503, 204);
  be("publishing");
  be("reconnecting");
  pass(2000);
  be("publishing");
  for (let round = 0; round < 4; round += 1) {
    await settle();
    pass(5000);
  }
  await settle();
  assert.deepEqual(told.map((each) => [each.away_ms, each.ago_ms]), [[2000, 0], [2000, 5000], [2000, 10_000]]);
});

test("it reports that the browser stood still although its connection did not", async () => {
  const { told, be, pass, settle } = scene();
  be("publishing");
  pass(30_000);
  assert.deepEqual(told, []);
  // The wall clock goes on while the page's timers stand still.
  clock.setSystemTime(Date.now() + 15_000);
  pass(1000);
  await settle();
  assert.deepEqual(told, [
    { url: "/away/", participant: "ann", name: "Ann", away_ms: 15_000, stood_still: true, ago_ms: 0 },
  ]);
  pass(60_000);
  await settle();
  assert.equal(told.length, 1);
});

test("who is not publishing is missed by nobody", async () => {
  const { told, be, pass, settle } = scene();
  be("idle");
  clock.setSystemTime(Date.now() + 15_000);
  pass(1000);
  await settle();
  assert.deepEqual(told, []);
});
