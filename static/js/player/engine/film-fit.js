/** Whether this browser, and pieces, can make a film. */

import { canBeSilent } from "./film-cut.js";
import { Unfit } from "./mp4-tables.js";

/** This browser takes packets, and other ones in the middle. */
export const canFilm = () => "MediaSource" in globalThis && "changeType" in (globalThis.SourceBuffer?.prototype ?? {});

/** @returns the tables, if they can be filmed */
export function fitTables(tables) {
  if (!tables.video) throw new Unfit("it has no pictures");
  if (tables.audio && !canBeSilent(tables.audio)) throw new Unfit("its sound has more than two channels");
  return tables;
}

export const canFollow = (before, after) => Boolean(before.audio) === Boolean(after.audio);
