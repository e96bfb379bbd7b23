/**
 * What the header of an MP4 file (its moov box) says of each packet: where it lies, how long it is, when it is shown.
 * Pure. After ISO/IEC 14496-12. What is not understood is `Unfit`: such a file is left to the browser as a whole.
 */

export class Unfit extends Error {}

const CONTAINERS = new Set(["moov", "trak", "mdia", "minf", "stbl", "edts"]);
const text = (view, at) => String.fromCharCode(...[0, 1, 2, 3].map((each) => view.getUint8(at + each)));

/** @typedef {{type: string, at: number, start: number, end: number, tree?: Map<string, Box[]>}} Box start and end of what is inside */
/** @typedef {ReturnType<typeof trackOf>} Track */

/** The boxes between two places. @returns {Box[]} */
export function boxesIn(view, from, to) {
  const found = [];
  for (let at = from; at + 8 <= to;) {
    let [size, head] = [view.getUint32(at), 8];
    if (size === 1) [size, head] = [Number(view.getBigUint64(at + 8)), 16];
    if (size === 0) size = to - at;
    if (size < head || at + size > to) throw new Unfit("a box is longer than what holds it");
    found.push({ type: text(view, at + 4), at, start: at + head, end: at + size });
    at += size;
  }
  return found;
}

function treeOf(view, from, to) {
  const tree = new Map();
  for (const box of boxesIn(view, from, to)) {
    if (CONTAINERS.has(box.type)) box.tree = treeOf(view, box.start, box.end);
    tree.set(box.type, [...(tree.get(box.type) ?? []), box]);
  }
  return tree;
}

function one(tree, ...path) {
  let at = tree;
  let box = null;
  for (const type of path) {
    box = at?.get(type)?.[0] ?? null;
    at = box?.tree;
  }
  return box;
}

function needed(tree, ...path) {
  const box = one(tree, ...path);
  if (!box) throw new Unfit(`there is no ${path.join("/")}`);
  return box;
}

/**
 * @param {Uint8Array} bytes a whole moov box, its head included
 * @returns {{video: Track | null, audio: Track | null}}
 */
export function tablesOf(bytes) {
  try {
    return read(bytes);
  } catch (error) {
    // A table says that it is longer than it is.
    throw error instanceof RangeError ? new Unfit("its header is cut off") : error;
  }
}

function read(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const moov = needed(treeOf(view, 0, bytes.byteLength), "moov").tree;
  if (moov.has("mvex")) throw new Unfit("the file is fragmented");
  const movieScale = timescaleOf(view, needed(moov, "mvhd"));
  const tracks = { video: null, audio: null };
  for (const { tree } of moov.get("trak") ?? []) {
    const kind = { vide: "video", soun: "audio" }[text(view, needed(tree, "mdia", "hdlr").start + 8)];
    if (!kind) continue;
    if (tracks[kind]) throw new Unfit(`there is more than one ${kind} track`);
    const track = trackOf(view, bytes, tree, kind, movieScale);
    if (track.count) tracks[kind] = track;
  }
  return tracks;
}

function timescaleOf(view, box) {
  const scale = view.getUint32(box.start + (view.getUint8(box.start) === 1 ? 20 : 12));
  if (!scale) throw new Unfit("a timescale is 0");
  return scale;
}

function trackOf(view, bytes, tree, kind, movieScale) {
  const timescale = timescaleOf(view, needed(tree, "mdia", "mdhd"));
  const stbl = needed(tree, "mdia", "minf", "stbl").tree;
  const entries = needed(stbl, "stsd");
  const [entry, ...more] = boxesIn(view, entries.start + 8, entries.end);
  if (!entry || more.length) throw new Unfit("the format changes within the file");
  const size = sizesOf(view, needed(stbl, "stsz"));
  const count = size.length;
  return {
    kind, timescale, count, size,
    entry: bytes.slice(entry.at, entry.end),
    codec: codecOf(view, entry, kind),
    width: kind === "video" ? view.getUint16(entry.start + 24) : 0,
    height: kind === "video" ? view.getUint16(entry.start + 26) : 0,
    channels: kind === "audio" ? view.getUint16(entry.start + 16) : 0,
    offset: offsetsOf(view, stbl, size),
    ...timesOf(view, needed(stbl, "stts"), count),
    later: laterOf(view, one(stbl, "ctts"), count),
    key: keysOf(view, one(stbl, "stss"), count),
    // The presentation time of a packet is its media time + this, in ticks.
    shift: shiftOf(view, one(tree, "edts", "elst"), timescale / movieScale),
  };
}

function codecOf(view, entry, kind) {
  const type = text(view, entry.at + 4);
  if (kind === "video" && (type === "avc1" || type === "avc3")) {
    const avcC = boxesIn(view, entry.start + 78, entry.end).find((box) => box.type === "avcC");
    if (avcC) return `${type}.${[1, 2, 3].map((at) => view.getUint8(avcC.start + at).toString(16).padStart(2, "0")).join("")}`;
  }
  if (kind === "audio" && type === "mp4a") {
    const esds = boxesIn(view, entry.start + 28, entry.end).find((box) => box.type === "esds");
    const object = esds && audioObjectOf(view, esds.start + 4, esds.end);
    if (object) return `mp4a.40.${object}`;
  }
  throw new Unfit(`its ${kind} is ${type}`);
}

/** The audio object type in the descriptors of an MPEG-4 stream; 0 where it is none. */
function audioObjectOf(view, from, to) {
  for (let at = from; at + 2 < to;) {
    const tag = view.getUint8(at);
    let length = 0;
    for (let more = 0x80; more & 0x80 && at + 1 < to;) {
      more = view.getUint8(++at);
      length = (length << 7) | (more & 0x7f);
    }
    at += 1;
    if (tag === 3) at += 3;
    else if (tag === 4) at += 13;
    else if (tag === 5) return view.getUint8(at) >> 3;
    else at += length;
  }
  return 0;
}

function sizesOf(view, box) {
  const [same, count] = [view.getUint32(box.start + 4), view.getUint32(box.start + 8)];
  if (same) return new Uint32Array(count).fill(same);
  return Uint32Array.from({ length: count }, (_, index) => view.getUint32(box.start + 12 + 4 * index));
}

function timesOf(view, box, count) {
  const decode = new Float64Array(count);
  const lasts = new Uint32Array(count);
  let [index, now] = [0, 0];
  for (let row = 0; row < view.getUint32(box.start + 4); row += 1) {
    const [times, delta] = [view.getUint32(box.start + 8 + 8 * row), view.getUint32(box.start + 12 + 8 * row)];
    for (let left = Math.min(times, count - index); left > 0; left -= 1) {
      decode[index] = now;
      lasts[index] = delta;
      now += delta;
      index += 1;
    }
  }
  if (index < count) throw new Unfit("packets have no times");
  return { decode, lasts };
}

function laterOf(view, box, count) {
  const later = new Int32Array(count);
  if (!box) return later;
  let index = 0;
  for (let row = 0; row < view.getUint32(box.start + 4); row += 1) {
    const times = view.getUint32(box.start + 8 + 8 * row);
    // Version 0 says unsigned, and is written with negative numbers all the same.
    later.fill(view.getInt32(box.start + 12 + 8 * row), index, index + times);
    index += times;
  }
  return later;
}

function keysOf(view, box, count) {
  if (!box) return new Uint8Array(count).fill(1);
  const key = new Uint8Array(count);
  for (let row = 0; row < view.getUint32(box.start + 4); row += 1) key[view.getUint32(box.start + 8 + 4 * row) - 1] = 1;
  return key;
}

function offsetsOf(view, stbl, size) {
  const wide = one(stbl, "co64");
  const chunks = wide ?? needed(stbl, "stco");
  const runs = needed(stbl, "stsc");
  const offset = new Float64Array(size.length);
  const total = view.getUint32(chunks.start + 4);
  const rows = view.getUint32(runs.start + 4);
  let [index, row] = [0, -1];
  for (let chunk = 0; chunk < total; chunk += 1) {
    while (row + 1 < rows && view.getUint32(runs.start + 8 + 12 * (row + 1)) <= chunk + 1) row += 1;
    if (row < 0) throw new Unfit("a chunk says not what is in it");
    let at = wide ? Number(view.getBigUint64(chunks.start + 8 + 8 * chunk)) : view.getUint32(chunks.start + 8 + 4 * chunk);
    for (let left = view.getUint32(runs.start + 12 + 12 * row); left > 0 && index < size.length; left -= 1) {
      offset[index] = at;
      at += size[index];
      index += 1;
    }
  }
  if (index < size.length) throw new Unfit("packets have no place");
  return offset;
}

/** An edit list of a pause and then the media, each at most once, is a shift; anything else is more than we can do. */
function shiftOf(view, box, scale) {
  if (!box) return 0;
  const wide = view.getUint8(box.start) === 1;
  const edits = Array.from({ length: view.getUint32(box.start + 4) }, (_, row) => {
    const at = box.start + 8 + row * (wide ? 20 : 12);
    return wide
      ? { lasts: Number(view.getBigUint64(at)), from: Number(view.getBigInt64(at + 8)) }
      : { lasts: view.getUint32(at), from: view.getInt32(at + 4) };
  });
  const media = edits.filter(({ from }) => from >= 0);
  if (media.length !== 1 || edits.length > 2 || edits.at(-1) !== media[0]) throw new Unfit("the file is edited");
  return (edits.length === 2 ? Math.round(edits[0].lasts * scale) : 0) - media[0].from;
}

/** When a packet is shown, in milliseconds of its piece. */
export const shownAt = (track, index) => ((track.decode[index] + track.later[index] + track.shift) / track.timescale) * 1000;
