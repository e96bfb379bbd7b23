import assert from "node:assert/strict";
import { test } from "node:test";

import { bindMediaKeys } from "../../static/js/player/panels/media-keys.js";
import { Stack } from "../../static/js/player/engine/stack.js";

const video = () => ({ dataset: {}, error: null, src: "" });
const [one, two, three] = ["a", "b", "c"].map((segment) => ({ segment, url: `/${segment}.mp4` }));

test("a piece is shown where it is loaded, else where nothing is disturbed", () => {
  const [first, second] = [video(), video()];
  const stack = new Stack([first, second]);
  assert.equal(stack.placeFor(one), first, "nothing is shown yet");
  stack.load(first, one);
  stack.load(second, two);
  assert.equal(stack.placeFor(two), second);
  assert.equal(stack.placeFor(three), second, "what is shown stays");
  stack.show(second);
  assert.deepEqual([first.dataset.shown, second.dataset.shown], [false, true]);
  assert.equal(stack.placeFor(three), first);
});

test("what broke is loaded anew, what is there is not", () => {
  const [first, second] = [video(), video()];
  const stack = new Stack([first, second]);
  stack.load(first, one);
  first.src = "kept";
  stack.load(first, one);
  assert.equal(first.src, "kept");
  first.error = { code: 2 };
  stack.load(first, one);
  assert.equal(first.src, "/a.mp4");
  stack.empty(first);
  assert.equal(stack.segmentIn(first), null);
});

test("a keyboard's own keys act on the recording", () => {
  const bound = {};
  Object.defineProperty(globalThis, "navigator", {
    configurable: true,
    value: { mediaSession: { setActionHandler: (action, handler) => { if (action === "seekto") throw new TypeError(); bound[action] = handler; } } },
  });
  const done = [];
  const note = (name) => (...values) => done.push([name, ...values]);
  bindMediaKeys({ play: note("play"), pause: note("pause"), by: note("by"), to: note("to"), piece: note("piece") });
  bound.seekbackward({});
  bound.seekforward({ seekOffset: 30 });
  bound.nexttrack();
  bound.pause();
  assert.deepEqual(done, [["by", -10_000], ["by", 30_000], ["piece", 1], ["pause"]]);
});
