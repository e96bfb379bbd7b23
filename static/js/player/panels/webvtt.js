/** WebVTT as the server writes it: blocks of a line of times and lines of text. */

/** @returns {{from: number, to: number, text: string}[]} in the order of the file; times in milliseconds */
export function cuesOf(text) {
  return text.split(/\r?\n\r?\n/).flatMap((block) => {
    const [, from, to, lines] = block.match(/([\d:.]+) --> ([\d:.]+)[^\n]*\r?\n([\s\S]*)/) ?? [];
    return from ? [{ from: milliseconds(from), to: milliseconds(to), text: lines.trim() }] : [];
  });
}

/** The index of the last cue that begins at this instant or before, -1 where there is none. */
export function lastBegun(cues, ms) {
  let low = -1;
  let high = cues.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (cues[middle].from <= ms) low = middle;
    else high = middle - 1;
  }
  return low;
}

const milliseconds = (stamp) => Math.round(stamp.split(":").reduce((sum, part) => sum * 60 + Number(part), 0) * 1000);
