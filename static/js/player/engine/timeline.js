/**
 * A run as one line of spans: run time ↔ piece and media time. Pure, so that it runs under node as well.
 *
 * A span is {kind: "segment"|"gap", segment, session, url, start_ms, in_ms, out_ms, cause?}: it covers the run
 * from start_ms for (out_ms - in_ms) ms, and in a piece the media from in_ms to out_ms. All times are ms.
 */

/** @typedef {{code: string, start_ms: number, end_ms: number, text: string}} Remark */

export const lengthOf = (span) => span.out_ms - span.in_ms;
export const endOf = (span) => span.start_ms + lengthOf(span);
export const isGap = (span) => span.kind === "gap";
/** It was recorded, but cannot be played yet. */
export const isPending = (span) => span.causes?.includes("not_ready") ?? false;
/** Why nothing is there; the server's own words where it does not know either. */
export const causeOf = (span) => span.cause || "nothing was recorded";

/** The remarks at an instant, each sentence once. @param {Remark[]} remarks */
export function remarksAt(remarks, runMs) {
  return [...new Set(remarks.filter((each) => each.start_ms <= runMs && runMs < each.end_ms).map(({ text }) => text))];
}

export class Timeline {
  /** @param spans ordered, covering the run exactly once, as the server's offsets have them */
  constructor(spans = []) {
    this.spans = spans.filter((span) => lengthOf(span) > 0);
    const last = this.spans.at(-1);
    this.duration = last ? endOf(last) : 0;
  }

  get isEmpty() {
    return !this.spans.some((span) => !isGap(span));
  }

  clamp(runMs) {
    return Math.min(Math.max(runMs, 0), this.duration);
  }

  /** The index of the span that shows this instant; the later one on a boundary, the last at the end. */
  indexAt(runMs) {
    let low = 0;
    let high = this.spans.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.spans[middle].start_ms <= runMs) low = middle;
      else high = middle - 1;
    }
    return this.spans.length ? low : -1;
  }

  /** @returns {{index: number, span: object, mediaMs: number}|null} mediaMs is the offset into a gap, for gaps */
  locate(runMs) {
    const instant = this.clamp(runMs);
    const index = this.indexAt(instant);
    if (index < 0) return null;
    const span = this.spans[index];
    return { index, span, mediaMs: Math.min(span.in_ms + instant - span.start_ms, span.out_ms) };
  }

  /** The run's time while a span shows its media at `mediaMs`. */
  runMs(index, mediaMs) {
    const span = this.spans[index];
    return span.start_ms + Math.min(Math.max(mediaMs, span.in_ms), span.out_ms) - span.in_ms;
  }

  /** The index of the next piece after this span, or -1. */
  nextPiece(index) {
    const at = this.spans.findIndex((span, other) => other > index && !isGap(span));
    return at;
  }

  /** Instants where one piece follows another without a gap. */
  seams() {
    return this.spans
      .filter((span, index) => index > 0 && !isGap(span) && !isGap(this.spans[index - 1]))
      .map((span) => span.start_ms);
  }

  gaps() {
    return this.spans.filter(isGap);
  }

  /** The start of the piece before or after the one shown now; from well inside a piece, "before" is its own start. */
  neighbourStart(runMs, direction, slackMs = 2000) {
    const starts = this.spans.filter((span) => !isGap(span)).map((span) => span.start_ms);
    if (direction > 0) return starts.find((start) => start > runMs) ?? this.duration;
    return starts.filter((start) => start < runMs - slackMs).at(-1) ?? starts[0] ?? 0;
  }

  /** The index here of the span of that piece that covers, or is nearest to, a run time; -1 when it is gone. */
  indexOfPiece(segment, runMs) {
    const own = this.spans.map((span, index) => [span, index]).filter(([span]) => span.segment === segment);
    const found = segment ? own.find(([span]) => runMs < endOf(span)) ?? own.at(-1) : null;
    return found ? found[1] : -1;
  }
}
