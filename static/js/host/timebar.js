/** A run so far as a bar: pieces as blocks, overlaps as joints, gaps hatched. */

import { svgElement } from "../shared/elements.js";

const WIDTH = 1000;
const HEIGHT = 28;

/**
 * Blocks, joints and gaps between the pieces' own times, in milliseconds since the first piece began.
 * @param segments [{session, started_at, stopped_at|null, status}] in any order
 * @param {number} now for pieces that still grow, unix milliseconds
 * @param {boolean} goesOn it should be recording: where nothing does, that is a gap until now
 * @returns {{length: number, blocks: object[], joints: object[], gaps: object[]}}
 */
export function layout(segments, now, goesOn = false) {
  const pieces = segments
    .filter((segment) => segment.started_at && !["failed", "absent"].includes(segment.status))
    .map(({ session, started_at: from, stopped_at: to }) => ({
      session, from: Date.parse(from), to: to ? Date.parse(to) : now, grows: !to,
    }))
    .sort((one, other) => one.from - other.from);
  const origin = pieces[0]?.from ?? now;
  const joints = [];
  const gaps = [];
  let covered = origin;
  for (const piece of pieces) {
    if (piece.from > covered) gaps.push({ from: covered - origin, to: piece.from - origin });
    else if (piece.from > origin) joints.push({ from: piece.from - origin, to: Math.min(covered, piece.to) - origin });
    covered = Math.max(covered, piece.to);
  }
  if (goesOn && pieces.length && covered < now) {
    gaps.push({ from: covered - origin, to: now - origin });
    covered = now;
  }
  const blocks = pieces.map((piece) => ({ ...piece, from: piece.from - origin, to: piece.to - origin }));
  return { length: Math.max(covered - origin, 1), blocks, joints, gaps };
}

function rect(kind, { from, to }, length, box) {
  const x = (from / length) * WIDTH;
  // A joint of two seconds in three hours would be thinner than a hair.
  const width = Math.max(((to - from) / length) * WIDTH, kind === "piece" ? 1 : 3);
  return svgElement("rect", { class: kind, x: x.toFixed(2), width: width.toFixed(2), ...box });
}

/** Draws into an <svg>; its words stand in the element that labels it. */
export function draw(svg, segments, now, goesOn) {
  const { length, blocks, joints, gaps } = layout(segments, now, goesOn);
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("preserveAspectRatio", "none");
  const box = { y: 2, height: HEIGHT - 4, rx: 3 };
  svg.replaceChildren(
    ...gaps.map((gap) => rect("gap", gap, length, { ...box, fill: "url(#hatch)" })),
    ...blocks.map((block) => {
      const element = rect("piece", block, length, box);
      element.dataset.session = block.session;
      element.dataset.grows = block.grows;
      return element;
    }),
    ...joints.map((joint) => rect("joint", joint, length, { y: 0, height: HEIGHT, rx: 1 })),
  );
  return { pieces: blocks.length, gaps: gaps.length };
}
