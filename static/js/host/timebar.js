/** A run so far as a bar: segments as blocks, overlaps as joints, the gaps of its account hatched. */

import { svgElement } from "../shared/elements.js";

const WIDTH = 1000;
const HEIGHT = 28;

/**
 * Blocks, joints and gaps in milliseconds since the first segment began.
 * @param segments [{session, started_at, stopped_at|null, status}] in any order
 * @param gaps [{gap_from, gap_until, open}] of the run's account
 * @param {number} now for what still grows, unix milliseconds
 * @returns {{length: number, blocks: object[], joints: object[], gaps: object[]}}
 */
export function layout(segments, gaps, now) {
  const begun = segments
    .filter((segment) => segment.started_at && !["failed", "absent"].includes(segment.status))
    .map(({ session, started_at: from, stopped_at: to }) => ({
      session, from: Date.parse(from), to: to ? Date.parse(to) : now, grows: !to,
    }))
    .sort((one, other) => one.from - other.from);
  const origin = begun[0]?.from ?? now;
  const missing = gaps
    .map((gap) => ({ from: Date.parse(gap.gap_from), to: gap.open ? now : Date.parse(gap.gap_until) }))
    .filter((gap) => gap.to > origin);
  const joints = [];
  let covered = origin;
  for (const block of begun) {
    if (block.from > origin && block.from < covered) {
      joints.push({ from: block.from - origin, to: Math.min(covered, block.to) - origin });
    }
    covered = Math.max(covered, block.to);
  }
  const end = Math.max(covered, ...missing.map((gap) => gap.to));
  const shifted = ({ from, to, ...more }) => ({ ...more, from: Math.max(0, from - origin), to: to - origin });
  return { length: Math.max(end - origin, 1), blocks: begun.map(shifted), joints, gaps: missing.map(shifted) };
}

function rect(kind, { from, to }, length, box) {
  const x = (from / length) * WIDTH;
  // A joint of two seconds in three hours would be thinner than a hair.
  const width = Math.max(((to - from) / length) * WIDTH, kind === "piece" ? 1 : 3);
  return svgElement("rect", { class: kind, x: x.toFixed(2), width: width.toFixed(2), ...box });
}

/** Draws into an <svg>; its words stand in the element that labels it. */
export function draw(svg, segments, missing, now) {
  const { length, blocks, joints, gaps } = layout(segments, missing, now);
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  const box = { y: 2, height: HEIGHT - 4, rx: 3 };
  svg.replaceChildren(
    ...blocks.map((block) => {
      const element = rect("piece", block, length, box);
      element.dataset.session = block.session;
      element.dataset.grows = block.grows;
      return element;
    }),
    // Over the blocks: a segment may have stood still.
    ...gaps.map((gap) => rect("gap", gap, length, { ...box, fill: "url(#hatch)" })),
    ...joints.map((joint) => rect("joint", joint, length, { y: 0, height: HEIGHT, rx: 1 })),
  );
}
