import assert from "node:assert/strict";
import { test } from "node:test";
import { absenceWords, inWords, remarkWords, seamWords } from "../../static/js/player/panels/seam-report.js";
import { missingWords } from "../../static/js/shared/account-words.js";
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

const met = { earlier: { number: 2 }, later: { number: 3 }, contradicted_by: [] };
const account = (facts = {}) => ({ measured: 0, estimated: 0, gap_count: 0, missing_ms: 0, lost_ms: 0, absences: [], ...facts });

test("a measured seam says how it is known, an estimated one that it is not sure", () => {
  const seam = { ...met, kind: "overlap", overlap_ms: 1234, method: "audio", sure: true, status: "measured" };
  assert.deepEqual(seamWords(seam), ["Segment 2 to 3", "1.23 s recorded by both", "measured by the sound"]);
  assert.match(seamWords({ ...seam, method: "times", sure: false })[2], /platform’s times, not sure/);
});

test("a gap says how much is missing, since when and why", () => {
  const gap = { ...met, later: null, kind: "gap", gap_from: "2027-03-14T09:30:00Z", gap_until: "2027-03-14T09:30:08Z", cause: "The recorder failed." };
  const [between, what, why] = seamWords(gap);
  assert.equal(between, "After segment 2");
  assert.match(what, /^8 s missing from .*30:00/);
  assert.equal(why, "The recorder failed.");
});

test("an estimate that says the opposite is shown beside the verdict", () => {
  const gap = {
    ...met, kind: "gap", gap_from: "2027-03-14T09:30:00Z", gap_until: "2027-03-14T09:30:01.450Z", cause: "Why.",
    contradicted_by: [{ source: "audio", kind: "overlap", overlap_ms: 621, sure: false }],
  };
  assert.equal(seamWords(gap)[3], "The sound says: 0.62 s recorded by both, not sure");
});

test("the report's summary has the numbers of the account", () => {
  assert.equal(inWords({ account: account({ measured: 2, estimated: 1 }), waiting: 1 }), "2 changes measured · 1 still to be measured · no gap");
  const lossy = account({ measured: 1, gap_count: 2, missing_ms: 5000, lost_ms: 5000 });
  assert.equal(inWords({ account: lossy, waiting: 0 }), "1 change measured · 2 gaps, 5 s missing");
});

test("a break in which nobody was there is no loss", () => {
  assert.equal(missingWords({ missing_ms: 0, lost_ms: 0 }), "");
  assert.equal(missingWords({ missing_ms: 60_000, lost_ms: 0 }), "1 min missing: nobody was there");
  assert.equal(missingWords({ missing_ms: 60_000, lost_ms: 4000 }), "1 min missing, nobody was there for 56 s of it");
  assert.equal(missingWords({ missing_ms: 4000, lost_ms: 4000 }), "4 s missing");
});

test("the report names who was not there all the time, and says whether that is sure", () => {
  const absence = {
    person: "Ann", absent_from: "2027-03-14T09:30:00Z", absent_until: "2027-03-14T09:30:12Z", sure: true, cause: "The connection was lost.",
  };
  const [person, what, cause] = absenceWords(absence);
  assert.equal(person, "Ann");
  assert.match(what, /^missing for about 12 s, from .*30:00/);
  assert.equal(cause, "The connection was lost.");
  assert.match(absenceWords({ ...absence, sure: false })[1], /^may be missing for about 12 s/);
  const report = { account: account({ absences: [absence, absence, { ...absence, person: "Ben" }] }), waiting: 0 };
  assert.equal(inWords(report), "no gap · Absent at times: Ann, Ben");
});

test("the report says what is wrong to see or to hear, and from when on", () => {
  const remark = { code: "black", start_ms: 65_000, end_ms: 77_000, text: "The picture is black." };
  assert.deepEqual(remarkWords(remark), ["1:05", "for 12 s", "The picture is black."]);
  assert.deepEqual(remarkWords({ ...remark, end_ms: 65_000 })[1], "");
  assert.equal(inWords({ account: account(), waiting: 0, remarks: [remark] }), "no gap · 1 remark");
});
