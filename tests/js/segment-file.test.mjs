import assert from "node:assert/strict";
import { test } from "node:test";

import { headOf } from "../../static/js/player/engine/mp4-fragment.js";
import { Unfit } from "../../static/js/player/engine/mp4-tables.js";
import { DeadLink, SegmentFile } from "../../static/js/player/engine/segment-file.js";

const BYTES = Uint8Array.from({ length: 200_000 }, (_, index) => index % 251);
const u32 = (number) => [24, 16, 8, 0].map((shift) => (number >>> shift) & 255);
const box = (type, body) => [...u32(body.length + 8), ...[...type].map((letter) => letter.charCodeAt(0)), ...body];

/** Answers Range requests from `bytes`; `odd` may answer a request in another way. */
function serve(bytes, odd = () => null) {
  const asked = [];
  globalThis.fetch = async (address, { headers, redirect }) => {
    const [from, to] = headers.Range.match(/\d+/g).map(Number);
    asked.push({ address, from, to: to + 1, redirect });
    const other = odd(asked.length, address, redirect);
    if (other instanceof Error) throw other;
    if (other) return other;
    if (from >= bytes.length) return { status: 416 };
    return part(bytes.slice(from, to + 1));
  };
  return asked;
}

const part = (bytes, more = {}) => ({ status: 206, arrayBuffer: async () => bytes.buffer, ...more });
const places = (...found) => found.map(([at, size]) => ({ at, size }));

test("packets that lie near each other come with one request, in the order asked for", async () => {
  const asked = serve(BYTES);
  const read = await new SegmentFile("/a").packets(places([5000, 3], [100, 2], [190_000, 4]));
  assert.deepEqual(read.map((bytes) => [...bytes]), [[5000, 5001, 5002], [100, 101], [190_000, 190_001, 190_002, 190_003]].map((each) => each.map((at) => at % 251)));
  assert.deepEqual(asked.map(({ from, to }) => [from, to]), [[100, 5003], [190_000, 190_004]]);
});

test("a header behind the media is found without reading the media", async () => {
  const track = { kind: "video", timescale: 1000, width: 2, height: 2, entry: new Uint8Array(box("avc1", [])) };
  const head = [...headOf(track)];
  const asked = serve(Uint8Array.from([...head.slice(0, 28), ...box("mdat", Array(150_000).fill(0)), ...head.slice(28)]));
  await assert.rejects(new SegmentFile("/a").tables(), /fragmented/, "the moov of a fragmented file was read");
  assert.deepEqual(asked.map(({ from }) => from), [0, 28, 28 + 150_008]);
});

test("a dead link is said, a file in no parts is unfit, a hiccup is asked again", async () => {
  serve(BYTES, () => ({ status: 403 }));
  await assert.rejects(new SegmentFile("/a").packets(places([0, 1])), DeadLink);
  serve(BYTES, () => ({ status: 200 }));
  await assert.rejects(new SegmentFile("/a").packets(places([0, 1])), Unfit);
  const asked = serve(BYTES, (count) => (count === 1 ? { status: 503 } : null));
  assert.equal((await new SegmentFile("/a").packets(places([7, 1])))[0][0], 7);
  assert.equal(asked.length, 2);
});

test("less than was asked for is asked for again", async () => {
  const asked = serve(BYTES, (count) => (count === 1 ? part(BYTES.slice(0, 2)) : null));
  assert.equal((await new SegmentFile("/a").packets(places([0, 5])))[0].length, 5);
  assert.equal(asked.length, 2);
});

test("where a link leads is asked directly, until that ends", async () => {
  let ended = false;
  const asked = serve(BYTES, (count, address) => {
    if (address === "/a") return part(BYTES.slice(0, 1), { redirected: true, url: `https://bucket/${count}` });
    return ended && address.startsWith("https:") ? { status: 403 } : null;
  });
  const file = new SegmentFile("/a");
  await file.packets(places([0, 1]));
  await file.packets(places([0, 1]));
  ended = true;
  await file.packets(places([0, 1]));
  assert.deepEqual(asked.map(({ address }) => address), ["/a", "https://bucket/1", "https://bucket/1", "/a"]);
  file.url = "/fresh";
  await file.packets(places([0, 1]));
  assert.equal(asked.at(-1).address, "/fresh");
});

test("a server that lets no script read is told from a network that is down", async () => {
  const blocked = new TypeError("Failed to fetch");
  serve(BYTES, (count, address, redirect) => (redirect === "manual" ? { type: "opaqueredirect", status: 0 } : blocked));
  await assert.rejects(new SegmentFile("/a").packets(places([0, 1])), Unfit);
  const asked = serve(BYTES, (count) => (count <= 2 ? blocked : null));
  assert.equal((await new SegmentFile("/a").packets(places([3, 1])))[0][0], 3, "the network came back");
  assert.deepEqual(asked.map(({ redirect }) => redirect), [undefined, "manual", undefined]);
});
