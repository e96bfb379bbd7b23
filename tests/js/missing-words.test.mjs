import assert from "node:assert/strict";
import { test } from "node:test";

import { getsNothing, missingWords } from "../../static/js/host/missing-words.js";

const run = (more = {}) => ({ status: "recording", receives_media: true, absences: [], ...more });
const NOTHING = "The platform reports no media: nothing is being recorded at this moment";

test("nothing is missing while media arrives and there is no gap", () => {
  assert.equal(missingWords(run(), 0), "Nothing is missing so far");
});

test("it never says that nothing is missing while no media arrives", () => {
  for (const status of ["recording", "restarting"]) {
    assert.equal(missingWords(run({ status, receives_media: false }), 0), NOTHING);
    assert.ok(getsNothing(run({ status, receives_media: false })));
  }
});

test("a start that is not known yet has recorded nothing", () => {
  assert.equal(missingWords(run({ status: "starting", receives_media: false }), 0), "Nothing is recorded yet");
});

test("before the start is known and once it is stopping no media is expected", () => {
  for (const status of ["starting", "stopping", "processing"]) {
    assert.equal(getsNothing(run({ status, receives_media: false })), false);
  }
});

test("an older server says nothing of media", () => {
  assert.equal(missingWords({ status: "recording" }, 0), "Nothing is missing so far");
});

test("gaps and people are said with it", () => {
  const absences = [{ person: "Ann" }, { person: "Ann" }, { person: "Ben" }];
  assert.equal(missingWords(run({ absences }), 0), "No gap so far. Not there all the time: Ann, Ben");
  assert.equal(
    missingWords(run({ absences, receives_media: false }), 2),
    `${NOTHING}. 2 gaps: something is missing, hatched on the bar. Not there all the time: Ann, Ben`,
  );
});
