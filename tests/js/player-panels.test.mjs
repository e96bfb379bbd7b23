import assert from "node:assert/strict";
import { test } from "node:test";
import { absenceWords, inWords, remarkWords, seamWords } from "../../static/js/player/panels/seam-report.js";
import { Thumbnails } from "../../static/js/player/panels/thumbnails.js";

const VTT = `WEBVTT

00:00:00.000 --> 00:00:05.000
thumbnails.jpg#xywh=0,0,160,90

00:00:05.000 --> 00:01:10.500
thumbnails.jpg#xywh=160,0,160,90
`;

test("a thumbnail is found by the run's time, with its address beside the file's", () => {
  const pictures = new Thumbnails(VTT, "http://here/media/runs/1/thumbnails.vtt");
  assert.deepEqual(pictures.at(5000), {
    from: 5000, to: 70_500, url: "http://here/media/runs/1/thumbnails.jpg", x: 160, y: 0, width: 160, height: 90,
  });
  assert.equal(pictures.at(4999).x, 0);
  assert.equal(pictures.at(80_000), null);
});

test("a file without cues has no thumbnails", () => {
  assert.equal(new Thumbnails("", "http://here/").at(0), null);
});

test("a measured seam says how it is known, an estimated one that it is not sure", () => {
  const seam = { kind: "overlap", earlier: { ordinal: 1 }, later: { ordinal: 2 }, overlap_ms: 1234, method: "audio", sure: true, status: "measured" };
  assert.deepEqual(seamWords(seam), ["Piece 2 to 3", "1.23 s recorded by both", "measured by the sound"]);
  assert.match(seamWords({ ...seam, method: "platform", sure: false })[2], /platform’s times, not sure/);
});

test("a gap says how much is missing and why", () => {
  const gap = { kind: "gap", earlier: { ordinal: 3 }, later: null, gap_from: "2027-03-14T09:30:00Z", gap_until: "2027-03-14T09:30:08Z", cause: "platform away" };
  assert.deepEqual(seamWords(gap), ["After piece 4", "8 s missing", "platform away"]);
});

test("pieces that do not reach each other are a gap, stated or not", () => {
  const seam = { kind: "overlap", earlier: { ordinal: 3 }, later: { ordinal: 4 }, overlap_ms: -2400, method: "times", sure: false, status: "estimated", cause: "" };
  assert.deepEqual(seamWords(seam), ["Piece 4 to 5", "2 s missing", ""]);
  assert.equal(inWords({ measured: 1, estimated: 1, waiting: 0, gaps: 0, seams: [seam] }), "1 change measured · 1 gap");
});

test("the report's summary counts what is known", () => {
  assert.equal(inWords({ measured: 2, estimated: 0, waiting: 1, gaps: 0 }), "2 changes measured · 1 still to be measured · no gap");
});

test("the report names who was not there all the time, and says whether that is sure", () => {
  const absence = {
    person: "Ann", absent_from: "2027-03-14T09:30:00Z", absent_until: "2027-03-14T09:30:12Z", sure: true, cause: "the connection was lost",
  };
  const [person, what, cause] = absenceWords(absence);
  assert.equal(person, "Ann");
  assert.match(what, /^missing for about 12 s, from .*30:00/);
  assert.equal(cause, "the connection was lost");
  assert.match(absenceWords({ ...absence, sure: false })[1], /^may be missing for about 12 s/);
  const report = { measured: 0, estimated: 0, waiting: 0, gaps: 0, absences: [absence, absence, { ...absence, person: "Ben" }] };
  assert.equal(inWords(report), "no gap · not there all the time: Ann, Ben");
});

test("the report says what is wrong to see or to hear, and from when on", () => {
  const remark = { code: "black", start_ms: 65_000, end_ms: 77_000, text: "The picture is black." };
  assert.deepEqual(remarkWords(remark), ["1:05", "for 12 s", "The picture is black."]);
  assert.deepEqual(remarkWords({ ...remark, end_ms: 65_000 })[1], "");
  assert.equal(inWords({ measured: 0, estimated: 0, waiting: 0, gaps: 0, remarks: [remark] }), "no gap · 1 remark");
});
