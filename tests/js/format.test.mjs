import assert from "node:assert/strict";
import { test } from "node:test";

import { clock, count, position, words } from "../../static/js/shared/format.js";
import { layout } from "../../static/js/host/timebar.js";

test("lengths as people say them", () => {
  assert.equal(words(4_328_000), "1 h 12 min");
  assert.equal(words(3_600_000), "1 h");
  assert.equal(words(68_000), "1 min 8 s");
  assert.equal(words(1_500_000), "25 min");
  assert.equal(words(900), "1 s");
  assert.equal(words(-5), "0 s");
});

test("clocks", () => {
  assert.equal(clock(4_328_999), "01:12:08");
  assert.equal(position(4_328_000), "1:12:08");
  assert.equal(position(68_000), "1:08");
  assert.equal(position(728_000), "12:08");
  assert.equal(position(8_000), "0:08");
  assert.equal(position(0), "0:00");
  assert.equal(position(36_000_000), "10:00:00");
});

test("counts", () => {
  assert.equal(count(1, "piece", "pieces"), "1 piece");
  assert.equal(count(0, "piece", "pieces"), "0 pieces");
});

const at = (seconds) => new Date(Date.UTC(2027, 0, 1) + seconds * 1000).toISOString();
const piece = (session, from, to, status = "stopped") => ({
  session, status, started_at: at(from), stopped_at: to === null ? null : at(to),
});

test("the bar has blocks, joints where pieces overlap, and gaps where nothing ran", () => {
  const segments = [piece("primary", 0, 100), piece("secondary", 98, 110), piece("primary", 120, null)];
  const missing = [{ gap_from: at(110), gap_until: at(120), open: false }];
  const bar = layout(segments, missing, Date.parse(at(150)));
  assert.equal(bar.length, 150_000);
  assert.deepEqual(bar.blocks.map(({ from, to, grows }) => [from, to, grows]), [
    [0, 100_000, false], [98_000, 110_000, false], [120_000, 150_000, true],
  ]);
  assert.deepEqual(bar.joints, [{ from: 98_000, to: 100_000 }]);
  assert.deepEqual(bar.gaps, [{ from: 110_000, to: 120_000 }]);
});

test("what never recorded is not on the bar", () => {
  const bar = layout([{ session: "primary", status: "starting", started_at: null, stopped_at: null }], [], 5);
  assert.equal(bar.blocks.length, 0);
  assert.equal(layout([piece("primary", 0, 5, "failed")], [], 5).blocks.length, 0);
});

test("a gap that is open goes on until now, and one within a segment is drawn over it", () => {
  const ended = [piece("primary", 0, 20, "available")];
  const now = Date.parse(at(35));
  const open = layout(ended, [{ gap_from: at(20), gap_until: at(21), open: true }], now);
  assert.deepEqual(open.gaps, [{ from: 20_000, to: 35_000 }]);
  assert.equal(open.length, 35_000);
  assert.deepEqual(layout(ended, [], now).gaps, [], "nothing is missing of what the account has no gap of");
  const paused = layout([piece("primary", 0, null)], [{ gap_from: at(5), gap_until: at(9), open: false }], now);
  assert.deepEqual(paused.gaps, [{ from: 5_000, to: 9_000 }]);
});
