/** The host panel's lists: steps of a change-over, pieces, alarms. */

import { timeOfDay, words } from "../shared/format.js";

const STEP_WORDS = { done: "done", active: "now", waiting: "", failed: "failed, trying again" };
const PIECE_WORDS = {
  starting: "starting", started: "recording", paused: "paused: nobody publishes", stopped: "being finished",
  available: "finished", uploaded: "uploaded", expired: "expired", deleted: "deleted",
  failed: "failed", absent: "never started",
};

function line(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}

/** Steps ticking by, with who is in the second session and who is not yet. */
export function renderSteps(section, restart) {
  section.hidden = !restart;
  if (!restart) return;
  const steps = restart.steps.map((step) => {
    const item = line("li", "", "");
    item.dataset.state = step.state;
    item.append(line("span", "step-label", step.label), line("span", "step-state", STEP_WORDS[step.state] ?? ""));
    return item;
  });
  const list = line("ol", "steps", "");
  list.append(...steps);
  const parts = restart.status === "done" ? [folded(list)] : [line("h3", "", headOf(restart)), list];
  if (restart.expected) parts.push(line("p", "arrived", arrivedWords(restart)));
  if (restart.error) parts.push(line("p", "problem", `${restart.error} The recording goes on; this is tried again.`));
  section.replaceChildren(...parts);
}

const headOf = ({ status }) => (status === "running" ? "Change-over" : "Last change-over");

/** What went as it should need not keep its room. */
function folded(list) {
  const details = line("details", "", "");
  details.append(line("summary", "", "Last change-over: done"), list);
  return details;
}

function arrivedWords({ arrived, expected, missing = [] }) {
  const text = `${arrived} of ${expected} in the second session.`;
  return missing.length ? `${text} Still missing: ${missing.join(", ")}.` : text;
}

export function renderPieces(list, segments) {
  const ordered = [...segments].sort((one, other) => other.ordinal - one.ordinal);
  list.replaceChildren(...ordered.map((segment, index) => {
    const item = line("li", "", "");
    item.dataset.session = segment.session;
    const when = segment.started_at ? timeOfDay(segment.started_at) : "not yet";
    const length = segment.duration_ms ? words(segment.duration_ms) : "";
    item.append(
      line("span", "piece-number", String(ordered.length - index)),
      line("span", "piece-when", [when, length].filter(Boolean).join(" · ")),
      line("span", "piece-state", PIECE_WORDS[segment.status] ?? segment.status),
    );
    if (segment.reason) item.title = segment.reason;
    return item;
  }));
}

export function renderAlarms(list, alarms) {
  list.hidden = !alarms.length;
  list.replaceChildren(...alarms.map((alarm) => {
    const item = line("li", "", `${alarm.message} `);
    const since = line("time", "", `Since ${timeOfDay(alarm.since)}.`);
    since.dateTime = alarm.since;
    item.append(since);
    return item;
  }));
}
