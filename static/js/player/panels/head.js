/** What the page says of the recording above the player, or in place of it. */

import { missingWords } from "../../shared/account-words.js";
import { byId } from "../../shared/config.js";
import { dateAndTime, position as clockAt, words } from "../../shared/format.js";
import { isUnfinished } from "../../shared/run-status.js";

const RUNNING = "This recording is still running. You can watch up to its latest finished segment; this page follows by itself.";
const FINISHING = "The last segments are still being finished. This page follows by itself.";
const RESULT_NOTES = {
  complete_with_losses: "Parts of this recording are missing. The report below says what, when and why.",
};
const NOTES = {
  starting: "This recording is only beginning. It appears here segment by segment.",
  recording: RUNNING, restarting: RUNNING, stopping: FINISHING, processing: FINISHING,
  failed: "This recording ended with an error. What was recorded is kept and can be watched.",
};


/** @param account the same numbers as on the card and in the report */
export function showRun(run, timeline, account, beganAt) {
  byId("title").textContent = run.name;
  document.title = `${run.name} · Recording`;
  byId("facts").textContent = [
    dateAndTime(beganAt), run.room_name, together(words(account.duration_ms)), together(missingWords(account)),
  ].filter(Boolean).join(" · ");
  note(timeline.isEmpty ? "" : NOTES[run.status] ?? RESULT_NOTES[account.result]);
  byId("duration").textContent = clockAt(timeline.duration);
  byId("player").hidden = byId("below").hidden = timeline.isEmpty;
  if (timeline.isEmpty) sayEmpty(isUnfinished(run.status), account);
  else byId("message").hidden = true;
}

export function note(text) {
  byId("run-note").textContent = text ?? "";
  byId("run-note").hidden = !text;
}

export function sayFailed(error) {
  byId("title").textContent = error.status === 404 ? "No such recording" : "This recording cannot be shown now";
  message(error.message, error.status === 404
    ? "Look for it in the list of all recordings."
    : "The recording itself is safe. Try again in a moment.");
}

/** A number stays on the line of its unit. */
const together = (text) => text.replaceAll(" ", "\u00a0");

function sayEmpty(more, account) {
  const why = [...new Set((account.gaps ?? []).map(({ cause }) => cause))].join(" ");
  if (more) message("Nothing to watch yet", "The first segment is shown here as soon as it is finished. This page looks again by itself.");
  else message("Nothing was recorded", `${why} The host page and the operator’s console say more.`.trim());
}

function message(title, text) {
  byId("message-title").textContent = title;
  byId("message-text").textContent = text;
  byId("message").hidden = false;
}
