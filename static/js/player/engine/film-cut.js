/** Which packets of a piece belong to its part of a reel, in the order of decoding. Pure. Times are ms of the run. */

import { shownAt } from "./mp4-tables.js";

// A picture that others need may be shown after them by no more than so many packets.
const REORDERED = 16;
// A decoder of AAC needs the packet before the first one that is heard.
const PREROLL = 2;
// One AAC frame that says nothing, for one and for two channels (ISO/IEC 14496-3).
const SILENCE = { 1: [0x00, 0xc8, 0x00, 0x80, 0x23, 0x80], 2: [0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80] };

/** When a piece's packet is shown. */
export const runAt = (span, track, index) => span.start_ms - span.in_ms + shownAt(track, index);

/**
 * Where a piece takes over from the one before: at its key frame nearest to the seam where both show the same, else at
 * the last one before. @returns {{at: number, index: number}} at: ms of the run, index: of the key frame
 */
export function cutInto(span, track) {
  const [from, until] = [span.change_from_ms ?? span.start_ms, span.change_until_ms ?? span.start_ms];
  let best = null;
  let before = 0;
  for (let index = 0; index < track.count; index += 1) {
    if (!track.key[index]) continue;
    const at = runAt(span, track, index);
    if (at <= span.start_ms) before = index;
    if (at >= from && at <= until && (best === null || Math.abs(at - span.start_ms) < Math.abs(runAt(span, track, best) - span.start_ms))) best = index;
    if (at > until && at > span.start_ms) break;
  }
  if (best !== null) return { at: runAt(span, track, best), index: best };
  return { at: Math.max(span.start_ms, runAt(span, track, before)), index: before };
}

/** The last key frame that is not after this instant, and not before `first`. */
export function keyBefore(span, track, instant, first) {
  let found = first;
  for (let index = first; index < track.count; index += 1) {
    if (!track.key[index]) continue;
    if (runAt(span, track, index) > instant) break;
    found = index;
  }
  return found;
}

/** The first packet of sound that is needed to hear this instant. */
export function soundBefore(span, track, instant) {
  let [low, high] = [0, track.count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (runAt(span, track, middle) <= instant) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1 - PREROLL);
}

/** The packet after the last one that begins before `limit`. */
export function stopAt(span, track, from, limit) {
  let stop = from;
  for (let index = from; index < Math.min(track.count, stop + REORDERED); index += 1) {
    if (runAt(span, track, index) < limit) stop = index + 1;
  }
  return stop;
}

const ticks = (track, ms) => Math.round((ms * track.timescale) / 1000);

/**
 * What a fragment is made of, without the bytes.
 *
 * @param {{first: boolean, last: boolean, start: number, end: number}} ends first, last: this fragment begins, ends the
 *   piece's part; start, end: where that is, ms of the run
 * @returns {{decode: number, packets: {place: {at: number, size: number}|null, bytes?: Uint8Array, lasts: number, later: number, key: boolean}[]}}
 */
export function fragmentPlan(span, track, from, stop, ends) {
  const packets = [];
  for (let index = from; index < stop; index += 1) {
    packets.push({
      place: { at: track.offset[index], size: track.size[index] },
      lasts: track.lasts[index], later: track.later[index], key: track.key[index] === 1,
    });
  }
  let decode = track.decode[from] ?? 0;
  if (!packets.length) return { decode, packets };
  const hole = ends.first ? ticks(track, runAt(span, track, from) - ends.start) : 0;
  if (ends.last) stretch(packets, span, track, from, stop, ends.end);
  if (hole > 0 && track.kind === "video") {
    // The first picture stands from the start.
    packets[0].lasts += hole;
    decode -= hole;
  } else if (hole > 0) {
    packets.unshift(silence(track, hole));
    decode -= hole;
  }
  return { decode, packets };
}

/** What is shown last stays until the end. */
function stretch(packets, span, track, from, stop, end) {
  let last = from;
  for (let index = from; index < stop; index += 1) if (runAt(span, track, index) >= runAt(span, track, last)) last = index;
  const needed = ticks(track, end - runAt(span, track, last));
  if (last === stop - 1 && (track.kind === "video" || needed > packets[last - from].lasts)) packets[last - from].lasts = Math.max(1, needed);
}

function silence(track, lasts) {
  const bytes = SILENCE[track.channels];
  return { place: null, bytes: Uint8Array.from(bytes ?? []), lasts, later: 0, key: true };
}

/** Silence can be written for this sound. */
export const canBeSilent = (track) => track.channels in SILENCE;
