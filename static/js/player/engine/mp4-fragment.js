/** Writes what a SourceBuffer takes: the head of a track, and fragments of its packets. Pure. After ISO/IEC 14496-12. */

const TRACK = 1;
const KEY_FLAGS = 0x02000000;
const OTHER_FLAGS = 0x01010000;
const UNITY = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000].flatMap((number) => u32(number));

function u32(number) {
  return [(number >>> 24) & 255, (number >>> 16) & 255, (number >>> 8) & 255, number & 255];
}

const u16 = (number) => [(number >> 8) & 255, number & 255];
const u64 = (number) => [...u32(Math.floor(number / 2 ** 32)), ...u32(number % 2 ** 32)];
const letters = (word) => [...word].map((letter) => letter.charCodeAt(0));
const box = (type, ...parts) => {
  const inside = parts.flat();
  return [...u32(inside.length + 8), ...letters(type), ...inside];
};
const full = (type, version, flags, ...parts) => box(type, [version, ...u32(flags).slice(1)], ...parts);

/** ftyp and moov of one track without packets. @returns {Uint8Array<ArrayBuffer>} */
export function headOf(track) {
  const video = track.kind === "video";
  const media = full(video ? "vmhd" : "smhd", 0, video ? 1 : 0, new Array(video ? 8 : 4).fill(0));
  const empty = [full("stts", 0, 0, u32(0)), full("stsc", 0, 0, u32(0)), full("stsz", 0, 0, u32(0), u32(0)), full("stco", 0, 0, u32(0))];
  const stbl = box("stbl", full("stsd", 0, 0, u32(1), [...track.entry]), ...empty);
  const dinf = box("dinf", full("dref", 0, 0, u32(1), full("url ", 0, 1)));
  const mdia = box(
    "mdia",
    full("mdhd", 0, 0, u32(0), u32(0), u32(track.timescale), u32(0), u16(0x55c4), u16(0)),
    full("hdlr", 0, 0, u32(0), letters(video ? "vide" : "soun"), new Array(12).fill(0), [0]),
    box("minf", media, dinf, stbl),
  );
  const tkhd = full(
    "tkhd", 0, 3, u32(0), u32(0), u32(TRACK), u32(0), u32(0), u32(0), u32(0),
    u16(0), u16(0), u16(video ? 0 : 0x100), u16(0), UNITY, u32(track.width * 65536), u32(track.height * 65536),
  );
  const mvhd = full(
    "mvhd", 0, 0, u32(0), u32(0), u32(1000), u32(0), u32(0x10000), u16(0x100), u16(0), u32(0), u32(0),
    UNITY, new Array(24).fill(0), u32(TRACK + 1),
  );
  const mvex = box("mvex", full("trex", 0, 0, u32(TRACK), u32(1), u32(0), u32(0), u32(0)));
  const ftyp = box("ftyp", letters("iso5"), u32(512), letters("iso5iso6mp41"));
  return Uint8Array.from([...ftyp, ...box("moov", mvhd, box("trak", tkhd, mdia), mvex)]);
}

/**
 * moof and mdat of packets that follow each other.
 *
 * @param {number} decode ticks of the first packet, 0 or more
 * @param {{bytes: Uint8Array, lasts: number, later: number, key: boolean}[]} packets lasts, later: ticks
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function fragmentOf(decode, packets) {
  const rows = packets.flatMap(({ bytes, lasts, later, key }) => [
    ...u32(lasts), ...u32(bytes.length), ...u32(key ? KEY_FLAGS : OTHER_FLAGS), ...u32(later),
  ]);
  const moofOf = (place) => box(
    "moof",
    full("mfhd", 0, 0, u32(1)),
    box(
      "traf",
      full("tfhd", 0, 0x20000, u32(TRACK)),
      full("tfdt", 1, 0, u64(decode)),
      full("trun", 1, 0xf01, u32(packets.length), u32(place), rows),
    ),
  );
  const moof = moofOf(moofOf(0).length + 8);
  const total = packets.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const whole = new Uint8Array(moof.length + 8 + total);
  whole.set(moof);
  whole.set([...u32(total + 8), ...letters("mdat")], moof.length);
  let at = moof.length + 8;
  for (const { bytes } of packets) {
    whole.set(bytes, at);
    at += bytes.length;
  }
  return whole;
}
