/** Lengths and instants as people say them. All lengths are milliseconds. */

const two = (number) => String(number).padStart(2, "0");

/** 4328000 → "01:12:08" */
export function clock(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(":");
}

/** 4328000 → "1:12:08", 68000 → "1:08": for a player, where leading zeros are noise. */
export function position(ms) {
  const text = clock(ms).replace(/^0+:?0?/, "");
  return text.includes(":") ? text : `0:${clock(ms).slice(-2)}`;
}

/** 4328000 → "1 h 12 min", 68000 → "1 min 8 s" */
export function words(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  if (hours) return minutes ? `${hours} h ${minutes} min` : `${hours} h`;
  if (minutes) return seconds % 60 && minutes < 10 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  return `${seconds} s`;
}

/** The time of day, in the reader's own locale and zone. */
export function timeOfDay(instant) {
  return new Date(instant).toLocaleTimeString([], { hour: "numeric", minute: "2-digit", second: "2-digit" });
}

/** "09:30:08 CET" in the reader's own zone and locale. */
export function timeWithZone(instant) {
  const parts = /** @type {const} */ ({ hour: "numeric", minute: "2-digit", second: "2-digit", timeZoneName: "short" });
  return new Date(instant).toLocaleTimeString([], parts);
}

/** "14 Mar 2027, 09:30" in the reader's own locale. */
export function dateAndTime(instant) {
  return new Date(instant).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}

export function count(number, one, many) {
  return `${number} ${number === 1 ? one : many}`;
}
