/** Where a run's segments meet, how that is known, and what is missing: in words, loaded when it is opened. */

import { getJson } from "../../shared/api.js";
import { summaryWords } from "../../shared/account-words.js";
import { count, position, timeWithZone, words } from "../../shared/format.js";

const METHODS = {
  audio: "measured by the sound", video: "measured by the picture", times: "by the platform’s times",
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

/** Seams in order, then absences, then remarks. */
const rowsOf = ({ seams, absences = [], remarks = [] }) => [
  ...seams.map((seam) => row(seam.kind, seamWords(seam))),
  ...absences.map((absence) => row("absence", absenceWords(absence))),
  ...remarks.map((remark) => row("remark", remarkWords(remark))),
];

export function inWords({ account, waiting, remarks = [] }) {
  const facts = [
    account.measured ? `${count(account.measured, "change", "changes")} measured` : "",
    account.estimated - waiting > 0 ? `${account.estimated - waiting} known from times only` : "",
    waiting ? `${waiting} still to be measured` : "",
    account.gap_count ? "" : "no gap",
    remarks.length ? count(remarks.length, "remark", "remarks") : "",
    summaryWords(account),
  ];
  return facts.filter(Boolean).join(" · ");
}

export function seamWords(seam) {
  const between = seam.later
    ? `Segment ${seam.earlier.number} to ${seam.later.number}` : `After segment ${seam.earlier.number}`;
  return [between, ...(seam.kind === "gap" ? gapWords(seam) : overlapWords(seam)), ...seam.contradicted_by.map(contradictionWords)];
}

const seconds = (ms) => `${(Math.abs(ms) / 1000).toFixed(2)} s`;

function gapWords(seam) {
  const ms = Date.parse(seam.gap_until) - Date.parse(seam.gap_from);
  return [`${words(ms)} missing from ${timeWithZone(seam.gap_from)}`, seam.cause];
}

function overlapWords(seam) {
  const overlap = `${seconds(seam.overlap_ms)} recorded by both`;
  if (seam.status === "waiting") return [overlap, "still to be measured"];
  return [overlap, `${METHODS[seam.method] ?? seam.method}${seam.sure ? "" : ", not sure"}`];
}

const SOURCES = { audio: "The sound says", video: "The picture says", times: "The platform’s times say" };

/** What another source says, if it contradicts the verdict. */
function contradictionWords({ source, kind, overlap_ms: overlap, sure }) {
  return `${SOURCES[source]}: ${seconds(overlap)} ${kind === "gap" ? "missing" : "recorded by both"}${sure ? "" : ", not sure"}`;
}

/** Their times are good to about a second. */
export function absenceWords({ person, absent_from: since, absent_until: until, sure, cause }) {
  const length = words(Date.parse(until) - Date.parse(since));
  const what = sure ? `missing for about ${length}` : `may be missing for about ${length}`;
  return [person, `${what}, from ${timeWithZone(Date.parse(since))}`, cause];
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
