import assert from "node:assert/strict";
import { test } from "node:test";

import { arrange, place } from "../../static/js/call/grid.js";

// Eight pixels lie between two tiles, less what arithmetic rounds away.
const GAP = 7.99;
const PAGES = [[1424, 780], [390, 640], [1064, 800], [800, 800], [320, 480]];

test("all tiles stay inside and apart, for 1 to 16 people on any page", () => {
  for (const [width, height] of PAGES) {
    for (let count = 1; count <= 16; count += 1) {
      const boxes = place(Array(count).fill(false), width, height);
      assert.equal(boxes.length, count);
      for (const box of boxes) {
        assert.ok(box.left >= -0.01 && box.top >= -0.01);
        assert.ok(box.left + box.width <= width + 0.01 && box.top + box.height <= height + 0.01);
      }
      assertApart(boxes);
    }
  }
});

test("space is used well", () => {
  for (const [width, height] of PAGES) {
    for (const count of [1, 2, 4, 6, 9, 16]) {
      const tile = arrange(count, width, height);
      const used = (tile.width * tile.height * count) / (width * height);
      assert.ok(used > 0.45, `${count} on ${width}x${height}: ${used.toFixed(2)}`);
    }
  }
});

test("two people stand side by side on a desk and above each other on a phone", () => {
  assert.deepEqual([arrange(2, 1424, 700).cols, arrange(2, 1424, 700).rows], [2, 1]);
  assert.deepEqual([arrange(2, 390, 640).cols, arrange(2, 390, 640).rows], [1, 2]);
});

test("a shared screen is larger than every person", () => {
  for (const [width, height] of PAGES) {
    const [screen, ...people] = place([true, false, false, false], width, height);
    for (const person of people) assert.ok(screen.width * screen.height > 3 * person.width * person.height);
    assertApart([screen, ...people]);
  }
});

test("nobody and no room are no error", () => {
  assert.deepEqual(place([], 800, 600), []);
  assert.equal(place([false], 0, 0).length, 1);
});

function assertApart(boxes) {
  for (const one of boxes) {
    for (const other of boxes) {
      if (one === other) continue;
      const apart = one.left + one.width + GAP <= other.left || other.left + other.width + GAP <= one.left
        || one.top + one.height + GAP <= other.top || other.top + other.height + GAP <= one.top;
      assert.ok(apart);
    }
  }
}
