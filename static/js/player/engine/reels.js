/**
 * Pieces that follow each other without a gap make one reel: it is played as one film (film.js), so no seam is a
 * change of video. What cannot be filmed stays a span of its own. Pure.
 */

import { endOf, isGap } from "./timeline.js";

// A film's media time is the run's time + this: what begins before the run's first picture still has a place.
export const FILM_STARTS_MS = 10_000;
// A video that takes over from another one starts unseen so far ahead at most.
const LONGEST_HEAD_MS = 5000;

/** @param spans of a timeline @param {Set<string>} unfit pieces that cannot be filmed */
export function reelsOf(spans, unfit) {
  const reels = [];
  for (const span of spans) {
    const last = reels.at(-1);
    if (isGap(span) || !span.url || unfit.has(span.segment)) reels.push(span);
    else if (last?.pieces && endOf(last) === span.start_ms) extend(last, span);
    else reels.push(reelOf(span));
  }
  return reels;
}

function reelOf(span) {
  return {
    ...span,
    segment: `film ${span.segment}`,
    pieces: [span],
    in_ms: span.start_ms + FILM_STARTS_MS,
    out_ms: endOf(span) + FILM_STARTS_MS,
    head_ms: Math.min(span.in_ms, LONGEST_HEAD_MS),
  };
}

function extend(reel, span) {
  reel.pieces.push(span);
  reel.out_ms = endOf(span) + FILM_STARTS_MS;
}
