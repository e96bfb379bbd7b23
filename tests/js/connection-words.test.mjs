import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../static/js/shared/api.js";
import { connectionWords } from "../../static/js/call/connection-words.js";

const failed = (name) => Object.assign(new Error("x"), { name });
const at = (state, problem = null, wasConnected = false) => connectionWords({ state, problem, wasConnected });

test("a call that goes well needs no words", () => {
  for (const state of ["idle", "connected", "publishing"]) assert.equal(at(state).words, "");
});

test("what was never connected was not lost, and a firewall is named", () => {
  const { words, mayBeBlocked, canRetry } = at("unreachable", failed("OT_CONNECT_FAILED"));
  assert.match(words, /cannot be reached/);
  assert.doesNotMatch(words, /lost/);
  assert.ok(mayBeBlocked && canRetry);
});

test("a connection that was there and went is lost", () => {
  const { words, mayBeBlocked } = at("reconnecting", failed("OT_CONNECT_FAILED"), true);
  assert.match(words, /was lost. Reconnecting/);
  assert.ok(!mayBeBlocked);
});

test("who is connected and cannot be published is not heard, and is not left with “Connecting…”", () => {
  const { words, mayBeBlocked } = at("connected", failed("OT_TIMEOUT"), true);
  assert.match(words, /Nobody sees or hears you/);
  assert.ok(mayBeBlocked);
});

test("a refusal is not blamed on the network", () => {
  for (const state of ["unreachable", "connected", "reconnecting"]) {
    const { words, mayBeBlocked } = at(state, failed("OT_AUTHENTICATION_ERROR"));
    assert.match(words, /does not accept/);
    assert.ok(!mayBeBlocked);
  }
});

test("what the product's own server says is said in its words", () => {
  const refused = new ApiError(403, { message: "You are not invited any more." });
  assert.deepEqual(at("unreachable", refused), { words: "You are not invited any more.", mayBeBlocked: false, canRetry: true });
  assert.match(at("reconnecting", new ApiError(0), true).words, /^The server does not answer. Trying again…$/);
  assert.match(at("unreachable", new ApiError(502)).words, /Trying again…$/);
});

test("after the last attempt nothing is promised", () => {
  for (const wasConnected of [true, false]) {
    const { words, mayBeBlocked, canRetry } = at("failed", failed("OT_CONNECT_FAILED"), wasConnected);
    assert.doesNotMatch(words, /…/);
    assert.ok(mayBeBlocked && canRetry);
  }
});
