import assert from "node:assert/strict";
import { test } from "node:test";
import { SessionLink } from "../../static/js/call/session-link.js";

/** The SDK as far as a link sees it: one session, whose network the test takes away and gives back. */
function platform(failures) {
  const handlers = {};
  const session = {
    on: (type, handler) => { handlers[type] = handler; },
    connect: (token, done) => done(failures.connect),
    publish: (publisher, done) => done(failures.publish),
    unpublish: () => {},
    disconnect: () => {},
  };
  const publisher = { on: () => {}, publishAudio: () => {}, publishVideo: () => {}, destroy: () => {} };
  const OT = {
    initSession: () => session,
    initPublisher: (element, options, done) => {
      if (element && options.insertDefaultUI === false) throw new Error("no target without the default UI");
      setImmediate(done);
      return publisher;
    },
  };
  return { OT, tell: (type, event = {}) => handlers[type](event) };
}

const settled = () => new Promise((done) => { setTimeout(done, 20); });
const track = () => ({ readyState: "live", clone: () => ({ stop: () => {} }), stop: () => {} });

async function publishing(failures = {}) {
  const { OT, tell } = platform(failures);
  const link = new SessionLink(async () => ({ OT, apiKey: "1", sessionId: "s", token: "t" }));
  const states = [];
  link.addEventListener("state", () => states.push(link.state));
  link.setSources([{ key: "camera", name: "Ann", audioTrack: track(), videoTrack: track(), audioOn: true, videoOn: true }]);
  link.want(true);
  await settled();
  return { link, tell, states };
}

test("a link that lost its network is not back because the browser has one again", async () => {
  const { link, tell, states } = await publishing();
  assert.equal(link.state, "publishing");
  tell("sessionReconnecting");
  link.retryNow();
  await settled();
  assert.equal(link.state, "reconnecting");
  tell("sessionReconnected");
  await settled();
  assert.deepEqual(states, ["connecting", "publishing", "reconnecting", "publishing"]);
  link.want(false);
  await settled();
  assert.equal(link.state, "idle");
});

test("a session that ends while its network is away is followed by another", async () => {
  const { link, tell } = await publishing();
  tell("sessionReconnecting");
  tell("sessionDisconnected", { reason: "networkDisconnected" });
  link.retryNow();
  await settled();
  assert.equal(link.state, "publishing");
  link.want(false);
});

test("a first connection that fails was not lost: it is unreachable, and comes later", async () => {
  const failures = { connect: Object.assign(new Error("x"), { name: "OT_CONNECT_FAILED" }) };
  const { link, states } = await publishing(failures);
  assert.equal(link.state, "unreachable");
  assert.equal(link.problem.name, "OT_CONNECT_FAILED");
  failures.connect = null;
  link.retryNow();
  await settled();
  assert.deepEqual(states, ["connecting", "unreachable", "publishing"]);
  assert.equal(link.problem, null);
  link.want(false);
});

test("a session into which nothing can be published is connected and has a problem", async () => {
  const failures = { publish: Object.assign(new Error("x"), { name: "OT_TIMEOUT" }) };
  const { link, states } = await publishing(failures);
  assert.deepEqual(states, ["connecting", "connected"]);
  assert.equal(link.problem.name, "OT_TIMEOUT");
  failures.publish = null;
  link.retryNow();
  await settled();
  assert.equal(link.state, "publishing");
  link.want(false);
});
