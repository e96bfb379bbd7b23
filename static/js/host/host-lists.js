/** The host panel's lists: steps of a change-over, pieces, alarms. */

import { element } from "../shared/elements.js";
import { timeOfDay, words } from "../shared/format.js";

const STEP_WORDS = { done: "done", active: "now", waiting: "", failed: "failed, trying again" };
const PIECE_WORDS = {
  starting: "starting", started: "recording", paused: "paused: nobody publishes", stopped: "being finished",
  available: "finished", uploaded: "uploaded", expired: "expired", deleted: "deleted",
  failed: "failed", absent: "never started",
};

/** Steps ticking by, with who is in the second session and who is not yet. */
export function renderSteps(section, restart) {
  section.hidden = !restart;
  if (!restart) return;
  const steps = restart.steps.map((step) => {
    const item = element("li", "", "");
    item.dataset.state = step.state;
    item.append(element("span", "step-label", step.label), element("span", "step-state", STEP_WORDS[step.state] ?? ""));
    return item;
  });
  const list = element("ol", "steps", "");
  list.append(...steps);
  const parts = restart.status === "done" ? [folded(list)] : [element("h3", "", headOf(restart)), list];
  if (restart.expected) parts.push(element("p", "arrived", arrivedWords(restart)));
  if (restart.error) parts.push(element("p", "problem", `${restart.error} The recording goes on; this is tried again.`));
  section.replaceChildren(...parts);
}

const headOf = ({ status }) => (status === "running" ? "Change-over" : "Last change-over");

/** What went as it should need not keep its room. */
function folded(list) {
  const details = element("details", "", "");
  details.append(element("summary", "", "Last change-over: done"), list);
  return details;
}

function arrivedWords({ arrived, expected, missing = [] }) {
  const text = `${arrived} of ${expected} in the second session.`;
  return missing.length ? `${text} Still missing: ${missing.join(", ")}.` : text;
}

export function renderPieces(list, segments) {
  const ordered = [...segments].sort((one, other) => other.ordinal - one.ordinal);
  list.replaceChildren(...ordered.map((segment) => {
    const item = element("li", "", "");
    item.dataset.session = segment.session;
    const when = segment.started_at ? timeOfDay(segment.started_at) : "not yet";
    const length = segment.duration_ms ? words(segment.duration_ms) : "";
    item.append(
      element("span", "piece-number", String(segment.number)),
      element("span", "piece-when", [when, length].filter(Boolean).join(" · ")),
      element("span", "piece-state", PIECE_WORDS[segment.status] ?? segment.status),
    );
    if (segment.cause) item.title = segment.cause;
    return item;
  }));
}

export function renderAlarms(list, alarms) {
  list.hidden = !alarms.length;
  list.replaceChildren(...alarms.map((alarm) => {
    const item = element("li", "", `${alarm.message} `);
    const since = element("time", "", `Since ${timeOfDay(alarm.since)}.`);
    since.dateTime = alarm.since;
    item.append(since);
    return item;
  }));
}
