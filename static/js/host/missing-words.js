/** What the host's panel says about missing stretches, and about whether any media arrives. */

import { summaryWords } from "../shared/account-words.js";
import { timeWithZone } from "../shared/format.js";
import { isRecording } from "../shared/run-status.js";

const NO_MEDIA = "The platform reports no media: nothing is being recorded at this moment";
const NONE = { gap_count: 0, gaps: [], absences: [] };

/** Whether it should be recording and the platform reports that no media reaches an archive. */
export const getsNothing = (run) => isRecording(run.status) && run.receives_media === false;

/** In one line, in the numbers of the run's account; "nothing is missing" only while media arrives. */
export function missingWords(run) {
  const account = run.account ?? NONE;
  const open = account.gaps.find((gap) => gap.open);
  const parts = [];
  if (getsNothing(run)) parts.push(NO_MEDIA);
  if (open) parts.push(`Since ${timeWithZone(open.gap_from)}: ${open.cause.replace(/\.$/, "")}`);
  const summary = summaryWords(account);
  if (summary) parts.push(account.gap_count || parts.length ? summary : `No gap so far. ${summary}`);
  const begun = run.status !== "starting" || run.receives_media !== false;
  return parts.join(". ") || (begun ? "Nothing is missing so far" : "Nothing is recorded yet");
}
