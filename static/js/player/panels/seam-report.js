/** Where a run's pieces meet, how that is known, and what is missing: in words, asked for when it is opened. */

import { getJson } from "../../shared/api.js";
import { count, position, timeOfDay, words } from "../../shared/format.js";

const METHODS = {
  audio: "measured by the sound", video: "measured by the picture",
  platform: "by the platform’s times", times: "by the recordings’ own times", none: "could not be measured",
};

/** @param {HTMLDetailsElement} details filled once it is opened, each time anew */
export function bindSeamReport(details, summary, list, url) {
  details.addEventListener("toggle", async () => {
    if (!details.open) return;
    summary.textContent = "Loading…";
    try {
      const report = await getJson(url());
      summary.textContent = inWords(report);
      list.replaceChildren(...rowsOf(report));
    } catch (error) {
      summary.textContent = `The report cannot be loaded now. ${error.message} Close and open it to try again.`;
    }
  });
}

/** Pieces that do not reach each other, whether or not a cause was written down for it. */
const apart = ({ kind, overlap_ms: overlap }) => kind !== "gap" && overlap < 0;

/** Seams in order, then who was missing, then what is wrong to see or to hear. */
const rowsOf = ({ seams, absences = [], remarks = [] }) => [
  ...seams.map((seam) => row(apart(seam) ? "gap" : seam.kind, seamWords(seam))),
  ...absences.map((absence) => row("absence", absenceWords(absence))),
  ...remarks.map((remark) => row("remark", remarkWords(remark))),
];

export function inWords({ measured, estimated, waiting, gaps: stated, seams = [], absences = [], remarks = [] }) {
  const found = seams.filter((seam) => apart(seam) && seam.status === "estimated").length;
  const gaps = stated + seams.filter(apart).length;
  const people = [...new Set(absences.map(({ person }) => person))];
  const facts = [
    measured ? `${count(measured, "change", "changes")} measured` : "",
    estimated > found ? `${estimated - found} known from times only` : "",
    waiting ? `${waiting} still to be measured` : "",
    gaps ? count(gaps, "gap", "gaps") : "no gap",
    remarks.length ? count(remarks.length, "remark", "remarks") : "",
    people.length ? `not there all the time: ${people.join(", ")}` : "",
  ];
  return facts.filter(Boolean).join(" · ");
}

export function seamWords(seam) {
  // The rows count from 0, people from 1.
  const [from, to] = [seam.earlier, seam.later].map((piece) => piece && piece.ordinal + 1);
  const between = to ? `Piece ${from} to ${to}` : `After piece ${from}`;
  if (seam.kind === "gap") {
    const length = seam.gap_from && seam.gap_until ? words(Date.parse(seam.gap_until) - Date.parse(seam.gap_from)) : "";
    return [between, `${length || "something"} missing`, seam.cause];
  }
  if (apart(seam)) return [between, `${words(-seam.overlap_ms)} missing`, seam.cause];
  const overlap = `${(seam.overlap_ms / 1000).toFixed(2)} s recorded by both`;
  if (seam.status === "waiting") return [between, overlap, "still to be measured"];
  return [between, overlap, `${METHODS[seam.method] ?? seam.method}${seam.sure ? "" : ", not sure"}`];
}

/** Their times are good to about a second. */
export function absenceWords({ person, absent_from: since, absent_until: until, sure, cause }) {
  const length = words(Date.parse(until) - Date.parse(since));
  const what = sure ? `missing for about ${length}` : `may be missing for about ${length}`;
  return [person, `${what}, from ${timeOfDay(Date.parse(since))}`, cause];
}

/** By the run's own clock, as the player shows it. */
export function remarkWords({ start_ms: start, end_ms: end, text }) {
  return [position(start), end > start ? `for ${words(end - start)}` : "", text];
}

function row(kind, told) {
  const item = document.createElement("li");
  item.dataset.kind = kind;
  item.append(...told.map((text) => Object.assign(document.createElement("span"), { textContent: text })));
  return item;
}
