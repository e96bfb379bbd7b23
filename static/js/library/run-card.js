/** A recording as a card of the library, with a menu of what may be done to it. */

import { RESULTS, missingWords } from "../shared/account-words.js";
import { config } from "../shared/config.js";
import { element } from "../shared/elements.js";
import { count, dateAndTime, words } from "../shared/format.js";
import { RunActions } from "../shared/run-actions.js";

const STATUS = {
  starting: ["live", "Starting"], recording: ["live", "● Recording"], restarting: ["live", "● Recording"],
  stopping: ["live", "Stopping"], processing: ["", "Being finished"], failed: ["warn", "Ended with an error"],
};

/** @param {(what: string, run: object) => void} act called with what was chosen from the menu */
export function runCard(run, act) {
  const item = document.createElement("li");
  const box = element("article", "run-card");
  const facts = element("p", "card-facts");
  const began = run.started_at ?? run.created_at;
  const when = element("time", "", dateAndTime(began));
  when.dateTime = began;
  facts.append(when, element("span", "", run.room_name), element("span", "", lengthWords(run)));
  const head = element("div", "card-head");
  head.append(title(run));
  const actions = RunActions.of(run);
  if (actions.length) head.append(menu(run, actions, act));
  box.append(picture(run), head, facts, ...badges(run));
  item.append(box);
  return item;
}

/** What lies in the trash is not watched. */
function title(run) {
  if (run.trashed_at) return element("strong", "card-name", run.name);
  const link = element("a", "card-name", run.name);
  link.href = `${config.urls.player}?run=${encodeURIComponent(run.id)}`;
  return link;
}

function menu(run, actions, act) {
  const details = element("details", "card-menu");
  const summary = element("summary", "", "⋯");
  summary.setAttribute("aria-label", `More for ${run.name}`);
  summary.title = "More";
  const box = element("div", "card-menu-box");
  for (const [what, label] of actions) {
    const button = element("button", "", label);
    button.type = "button";
    button.addEventListener("click", () => {
      details.open = false;
      summary.focus();
      act(what, run);
    });
    box.append(button);
  }
  details.append(summary, box);
  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !details.open) return;
    details.open = false;
    summary.focus();
  });
  details.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget && !details.contains(relatedTarget)) details.open = false;
  });
  return details;
}

/** The first of the run's thumbnails. */
function picture({ picture: url, status, result }) {
  const stage = element("div", "card-stage");
  const box = element("div", "card-picture");
  stage.append(box);
  if (url) box.style.backgroundImage = `url("${url}")`;
  else box.append(element("span", "", status === "failed" || result === "nothing_recorded" ? "No picture" : "No picture yet"));
  return stage;
}

function lengthWords(run) {
  if (!run.started_at || !run.ended_at) return count(run.segment_count ?? 0, "segment", "segments");
  return run.duration_ms > 0 ? words(run.duration_ms) : "";
}

function badges(run) {
  const found = [];
  if (STATUS[run.status]) found.push(STATUS[run.status]);
  if (RESULTS[run.result] && !STATUS[run.status]) found.push(RESULTS[run.result]);
  if (run.missing_ms > 0 && run.result !== "nothing_recorded") found.push([run.lost_ms > 0 ? "warn" : "", missingWords(run)]);
  if (run.legal_hold) found.push(["", "Legal hold"]);
  if (run.trashed_at) found.push(["", `In the trash since ${dateAndTime(run.trashed_at)}`]);
  const row = element("p", "badges");
  row.append(...found.map(([kind, text]) => {
    const badge = element("span", "badge", text);
    badge.dataset.kind = kind;
    return badge;
  }));
  return found.length ? [row] : [];
}
