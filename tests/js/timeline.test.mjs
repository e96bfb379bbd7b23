import assert from "node:assert/strict";
import { test } from "node:test";

import { Timeline, endOf, remarksAt } from "../../static/js/player/engine/timeline.js";

const piece = (segment, start_ms, in_ms, out_ms) => ({ kind: "segment", segment, start_ms, in_ms, out_ms });
const gap = (start_ms, length) => ({ kind: "gap", segment: null, start_ms, in_ms: 0, out_ms: length });
const run = new Timeline([piece("a", 0, 0, 10_000), piece("b", 10_000, 2_500, 6_500), gap(14_000, 3_000), piece("c", 17_000, 400, 5_400)]);

test("the length is the end of the last span", () => {
  assert.equal(run.duration, 22_000);
});

test("every instant is in exactly one span, and back again", () => {
  for (let instant = 0; instant < run.duration; instant += 37) {
    const { index, span, mediaMs } = run.locate(instant);
    assert.ok(span.start_ms <= instant && instant < endOf(span));
    assert.equal(run.runMs(index, mediaMs), instant);
  }
});

test("a boundary belongs to the later piece", () => {
  assert.deepEqual([run.locate(10_000).span.segment, run.locate(10_000).mediaMs], ["b", 2_500]);
  assert.deepEqual([run.locate(9_999).span.segment, run.locate(9_999).mediaMs], ["a", 9_999]);
});

test("instants outside are brought inside", () => {
  assert.equal(run.locate(-5).mediaMs, 0);
  assert.deepEqual([run.locate(99_999).span.segment, run.locate(99_999).mediaMs], ["c", 5_400]);
});

test("media time outside a span is held at its edges", () => {
  assert.equal(run.runMs(1, 0), 10_000);
  assert.equal(run.runMs(1, 60_000), 14_000);
});

test("seams are where pieces touch, not where a gap lies", () => {
  assert.deepEqual(run.seams(), [10_000]);
  assert.deepEqual(run.gaps().map((span) => span.start_ms), [14_000]);
});

test("the next piece is found across a gap", () => {
  assert.equal(run.nextPiece(0), 1);
  assert.equal(run.nextPiece(1), 3);
  assert.equal(run.nextPiece(3), -1);
});

test("previous and next piece", () => {
  assert.equal(run.neighbourStart(12_500, -1), 10_000);
  assert.equal(run.neighbourStart(11_000, -1), 0);
  assert.equal(run.neighbourStart(11_000, 1), 17_000);
  assert.equal(run.neighbourStart(18_000, 1), 22_000);
});

test("a piece is found again in a newer timeline", () => {
  const longer = new Timeline([...run.spans, piece("d", 22_000, 900, 1_900)]);
  assert.equal(longer.indexOfPiece("c", 18_000), 3);
  assert.equal(longer.indexOfPiece("gone", 18_000), -1);
  assert.equal(longer.indexOfPiece(null, 15_000), -1);
});

test("an empty run has no place", () => {
  const nothing = new Timeline([]);
  assert.equal(nothing.locate(0), null);
  assert.equal(nothing.duration, 0);
  assert.ok(nothing.isEmpty);
  assert.ok(new Timeline([gap(0, 10)]).isEmpty);
});

test("ten thousand pieces are searched, not walked", () => {
  const spans = Array.from({ length: 10_000 }, (_, index) => piece(`p${index}`, index * 1000, 500, 1500));
  const long = new Timeline(spans);
  assert.equal(long.indexAt(9_999_500), 9_999);
  assert.equal(long.indexAt(5_000_000), 5_000);
});

test("over the line one reads what is wrong at that instant, once", () => {
  const remark = { code: "silent", start_ms: 1000, end_ms: 3000, text: "Nothing can be heard." };
  const remarks = [remark, { ...remark, start_ms: 2000 }];
  assert.deepEqual(remarksAt(remarks, 2500), ["Nothing can be heard."]);
  assert.deepEqual(remarksAt(remarks, 3000), []);
});
