import assert from "node:assert/strict";
import { test } from "node:test";

import { getsNothing, missingWords } from "../../static/js/host/missing-words.js";

const run = (more = {}) => ({ status: "recording", receives_media: true, absences: [], ...more });
const NOTHING = "The platform reports no media: nothing is being recorded at this moment";

test("nothing is missing while media arrives and there is no gap", () => {
  assert.equal(missingWords(run()), "Nothing is missing so far");
});

test("it never says that nothing is missing while no media arrives", () => {
  for (const status of ["recording", "restarting"]) {
    assert.equal(missingWords(run({ status, receives_media: false })), NOTHING);
    assert.ok(getsNothing(run({ status, receives_media: false })));
  }
});

test("a start that is not known yet has recorded nothing", () => {
  assert.equal(missingWords(run({ status: "starting", receives_media: false })), "Nothing is recorded yet");
});

test("before the start is known and once it is stopping no media is expected", () => {
  for (const status of ["starting", "stopping", "processing"]) {
    assert.equal(getsNothing(run({ status, receives_media: false })), false);
  }
});

test("an older server says nothing of media", () => {
  assert.equal(missingWords({ status: "recording" }), "Nothing is missing so far");
});

test("gaps and people are said with it, in the numbers of the account", () => {
  const absences = [{ person: "Ann" }, { person: "Ann" }, { person: "Ben" }];
  const account = { gap_count: 0, gaps: [], missing_ms: 0, lost_ms: 0, absences };
  assert.equal(missingWords(run({ account })), "No gap so far. Absent at times: Ann, Ben");
  const two = { ...account, gap_count: 2, missing_ms: 9000, lost_ms: 9000 };
  assert.equal(
    missingWords(run({ account: two, receives_media: false })),
    `${NOTHING}. 2 gaps, 9 s missing. Absent at times: Ann, Ben`,
  );
});

test("a gap that goes on is said with its beginning and its cause", () => {
  const gap = { open: true, gap_from: "2027-03-14T09:30:00Z", cause: "Everybody had left the call." };
  const account = { gap_count: 1, gaps: [gap], missing_ms: 60_000, lost_ms: 0, absences: [] };
  assert.match(missingWords(run({ account, receives_media: false })), /Since .*30:00.*: Everybody had left the call\. 1 gap, 1 min/);
});
