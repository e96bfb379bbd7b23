/** Where a run's pieces meet, how that is known, and what is missing: in words, asked for when it is opened. */

import { getJson } from "./api.js";
import { count, words } from "./format.js";

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
      list.replaceChildren(...report.seams.map(row));
    } catch (error) {
      summary.textContent = `The report cannot be loaded now. ${error.message} Close and open it to try again.`;
    }
  });
}

export function inWords({ measured, estimated, waiting, gaps }) {
  const facts = [
    measured ? `${count(measured, "change", "changes")} measured` : "",
    estimated ? `${estimated} known from times only` : "",
    waiting ? `${waiting} still to be measured` : "",
    gaps ? count(gaps, "gap", "gaps") : "no gap",
  ];
  return facts.filter(Boolean).join(" · ");
}

export function seamWords(seam) {
  const between = seam.later ? `Piece ${seam.earlier.ordinal} to ${seam.later.ordinal}` : `After piece ${seam.earlier.ordinal}`;
  if (seam.kind === "gap") {
    const length = seam.gap_from && seam.gap_until ? words(Date.parse(seam.gap_until) - Date.parse(seam.gap_from)) : "";
    return [between, `${length || "something"} missing`, seam.cause];
  }
  const overlap = `${(seam.overlap_ms / 1000).toFixed(2)} s recorded by both`;
  if (seam.status === "waiting") return [between, overlap, "still to be measured"];
  return [between, overlap, `${METHODS[seam.method] ?? seam.method}${seam.sure ? "" : ", not sure"}`];
}

function row(seam) {
  const item = document.createElement("li");
  item.dataset.kind = seam.kind;
  item.append(...seamWords(seam).map((text) => Object.assign(document.createElement("span"), { textContent: text })));
  return item;
}
