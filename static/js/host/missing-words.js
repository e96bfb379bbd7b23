/** What the host's panel says of what is missing, and whether anything arrives at all. */

import { count } from "../shared/format.js";
import { isRecording } from "../shared/run-status.js";

const NO_MEDIA = "The platform reports no media: nothing is being recorded at this moment";

/** Whether it should be recording and the platform reports that no media reaches an archive. */
export const getsNothing = (run) => isRecording(run.status) && run.receives_media === false;

/** In one line; "nothing is missing" only while media arrives. */
export function missingWords(run, gaps) {
  const people = [...new Set((run.absences ?? []).map(({ person }) => person))].join(", ");
  const nothing = getsNothing(run);
  const parts = [];
  if (nothing) parts.push(NO_MEDIA);
  if (gaps) parts.push(`${count(gaps, "gap", "gaps")}: something is missing, hatched on the bar`);
  if (people) parts.push(`${parts.length ? "" : "No gap so far. "}Not there all the time: ${people}`);
  const begun = run.status !== "starting" || run.receives_media !== false;
  return parts.join(". ") || (begun ? "Nothing is missing so far" : "Nothing is recorded yet");
}
