/** What the account of a run says, in the words that every page uses. Pure. */

import { count, words } from "./format.js";

// Less is no loss: streams and archives begin and end within it of each other.
const LEAST_LOSS_MS = 1000;

export const RESULTS = {
  nothing_recorded: ["warn", "Nothing recorded"],
  complete_with_losses: ["warn", "Complete, with losses"],
};

/** How much is missing ("" if nothing), and for how much of that nobody was there. */
export function missingWords({ missing_ms: missing, lost_ms: lost = missing }) {
  if (!missing) return "";
  if (lost < LEAST_LOSS_MS) return `${words(missing)} missing: nobody was there`;
  const away = missing - lost;
  return away < LEAST_LOSS_MS ? `${words(missing)} missing` : `${words(missing)} missing, nobody was there for ${words(away)} of it`;
}

/** The same with the number of gaps, and the names of those who were absent while others were recorded. */
export function summaryWords(account) {
  const people = [...new Set(account.absences.map(({ person }) => person))].join(", ");
  const facts = [
    account.gap_count ? `${count(account.gap_count, "gap", "gaps")}, ${missingWords(account)}` : "",
    people ? `Absent at times: ${people}` : "",
  ];
  return facts.filter(Boolean).join(". ");
}
