import assert from "node:assert/strict";
import { test } from "node:test";

import { cutInto, fragmentPlan, keyBefore, runAt, soundBefore, stopAt } from "../../static/js/player/engine/film-cut.js";
import { canFollow, fitTables } from "../../static/js/player/engine/film-fit.js";
import { fragmentOf, headOf } from "../../static/js/player/engine/mp4-fragment.js";
import { Unfit, boxesIn, tablesOf } from "../../static/js/player/engine/mp4-tables.js";
import { FILM_STARTS_MS, reelsOf } from "../../static/js/player/engine/reels.js";

const FRAME = 40;

function track({ kind = "video", count = 100, gop = 25, later = () => 0, shift = 0, channels = 1 } = {}) {
  return {
    kind, count, channels, timescale: 1000, width: 320, height: 180, codec: "", entry: new Uint8Array([0, 0, 0, 8, 97, 118, 99, 49]), shift,
    decode: Float64Array.from({ length: count }, (_, index) => index * FRAME),
    lasts: new Uint32Array(count).fill(FRAME),
    later: Int32Array.from({ length: count }, (_, index) => later(index)),
    key: Uint8Array.from({ length: count }, (_, index) => Number(index % gop === 0)),
    size: new Uint32Array(count).fill(10),
    offset: Float64Array.from({ length: count }, (_, index) => 1000 + index * 10),
  };
}

const box = (type, body) => [...[24, 16, 8, 0].map((shift) => ((body.length + 8) >>> shift) & 255), ...[...type].map((letter) => letter.charCodeAt(0)), ...body];
const span = (more = {}) => ({ kind: "segment", segment: "b", url: "/b", start_ms: 10_000, in_ms: 1500, out_ms: 4000, change_from_ms: 8500, change_until_ms: 11_500, ...more });

test("pieces that follow each other make one reel, gaps and unfit pieces end it", () => {
  const piece = (segment, start_ms) => ({ kind: "segment", segment, url: `/${segment}`, start_ms, in_ms: 500, out_ms: 1500 });
  const spans = [piece("a", 0), piece("b", 1000), { kind: "gap", segment: null, start_ms: 2000, in_ms: 0, out_ms: 1000 }, piece("c", 3000), piece("d", 4000), piece("e", 5000)];
  const reels = reelsOf(spans, new Set(["d"]));
  assert.deepEqual(reels.map(({ segment, pieces }) => [segment, pieces?.length]), [["film a", 2], [null, undefined], ["film c", 1], ["d", undefined], ["film e", 1]]);
  assert.deepEqual([reels[0].in_ms, reels[0].out_ms], [FILM_STARTS_MS, FILM_STARTS_MS + 2000]);
  assert.equal(reels[2].in_ms - reels[2].start_ms, FILM_STARTS_MS, "media time is the run's");
});

test("a piece takes over at its key frame nearest to the seam", () => {
  assert.deepEqual(cutInto(span(), track()), { at: 9500, index: 25 }, "zero is 8500: keys at 8500, 9500, 10500; the first of two as near");
  assert.deepEqual(cutInto(span({ change_from_ms: 9900 }), track()), { at: 10_500, index: 50 });
  assert.deepEqual(cutInto(span({ change_from_ms: 9900, change_until_ms: 10_100 }), track()), { at: 10_000, index: 25 }, "none lies there: the one before, and the sound from the seam");
  assert.equal(keyBefore(span(), track(), 10_499, 25), 25);
  assert.equal(keyBefore(span(), track(), 10_500, 25), 50);
});

test("packets until an instant, with those that the shown ones need", () => {
  const plain = track();
  assert.equal(stopAt(span(), plain, 25, 10_000), 38);
  assert.equal(runAt(span(), plain, 37) < 10_000 && runAt(span(), plain, 38) >= 10_000, true);
  // Every third packet is shown two pictures later than it is decoded.
  const reordered = track({ later: (index) => (index % 3 === 1 ? 2 * FRAME : -FRAME) });
  const stop = stopAt(span(), reordered, 0, 9_000);
  assert.equal(Array.from({ length: reordered.count }, (_, index) => index).every((index) => index < stop || runAt(span(), reordered, index) >= 9_000), true);
  assert.equal(soundBefore(span(), track({ kind: "audio" }), 10_000), 35, "two packets before the one that is heard");
});

test("what is shown last stays until the change, and the first from the start", () => {
  const plan = fragmentPlan(span(), track(), 25, 38, { first: true, last: true, start: 9480, end: 10_010 });
  assert.equal(plan.decode, 1000 - 20);
  assert.equal(plan.packets[0].lasts, FRAME + 20);
  assert.equal(plan.packets.at(-1).lasts, 10_010 - 9980);
  assert.equal(plan.packets.reduce((sum, { lasts }) => sum + lasts, 0), 10_010 - 9480, "no instant without a picture");
});

test("sound that begins late is silent before", () => {
  const plan = fragmentPlan(span(), track({ kind: "audio", channels: 2 }), 0, 5, { first: true, last: false, start: 8000, end: 20_000 });
  assert.equal(plan.packets.length, 6);
  assert.deepEqual([plan.packets[0].lasts, plan.packets[0].place, plan.decode], [500, null, -500]);
  assert.equal(plan.packets[0].bytes.length > 0, true);
});

test("pieces that differ in kind are not made one film", () => {
  assert.throws(() => fitTables({ video: null, audio: null }), Unfit);
  assert.throws(() => fitTables({ video: track(), audio: track({ kind: "audio", channels: 6 }) }), Unfit);
  assert.equal(canFollow({ audio: null }, { audio: {} }), false);
  assert.equal(canFollow({ audio: {} }, { audio: {} }), true);
});

test("head and fragment are whole boxes that lead to the packets", () => {
  const head = headOf(track());
  const view = new DataView(head.buffer);
  assert.deepEqual(boxesIn(view, 0, head.length).map(({ type }) => type), ["ftyp", "moov"]);
  assert.throws(() => tablesOf(head.subarray(boxesIn(view, 0, head.length)[1].at)), /fragmented/);
  const cut = box("moov", [...box("mvhd", Array(4).fill(0))]);
  assert.throws(() => tablesOf(Uint8Array.from(cut)), Unfit, "a box that ends before what it should say");
  const packets = [7, 9].map((length, index) => ({ bytes: new Uint8Array(length).fill(index + 1), lasts: 40, later: -5, key: !index }));
  const fragment = fragmentOf(2 ** 33 + 1, packets);
  const inside = new DataView(fragment.buffer);
  const [moof, mdat] = boxesIn(inside, 0, fragment.length);
  assert.deepEqual([moof.type, mdat.type, mdat.end - mdat.start], ["moof", "mdat", 16]);
  const [, traf] = boxesIn(inside, moof.start, moof.end);
  const [, tfdt, trun] = boxesIn(inside, traf.start, traf.end);
  assert.equal(Number(inside.getBigUint64(tfdt.start + 4)), 2 ** 33 + 1);
  assert.equal(inside.getUint32(trun.start + 4), 2);
  assert.equal(inside.getUint32(trun.start + 8), mdat.start, "the first packet's place");
  assert.deepEqual([inside.getUint32(trun.start + 12), inside.getUint32(trun.start + 16), inside.getInt32(trun.start + 24)], [40, 7, -5]);
});
