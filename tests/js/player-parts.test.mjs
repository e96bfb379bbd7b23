import assert from "node:assert/strict";
import { test } from "node:test";

import { crossFade } from "../../static/js/player/engine/cross-fade.js";
import { seekTo } from "../../static/js/player/engine/video-seek.js";

globalThis.HTMLMediaElement ??= { HAVE_METADATA: 1 };

class FakeVideo extends EventTarget {
  readyState = 1;
  volume = 0;
  #time = 0;

  get currentTime() {
    return this.#time;
  }

  set currentTime(seconds) {
    this.#time = seconds;
    queueMicrotask(() => this.dispatchEvent(new Event("seeked")));
  }
}

test("the old sound goes as the new one comes, and the volume of that moment is kept", async () => {
  const [old, fresh] = [new FakeVideo(), new FakeVideo()];
  let volume = 1;
  const sums = [];
  await new Promise((done) => {
    crossFade(old, fresh, () => {
      sums.push(old.volume + fresh.volume);
      return volume;
    }, done);
    volume = 0.5;
  });
  assert.deepEqual([old.volume, fresh.volume], [0, 0.5]);
  assert.ok(sums.length >= 4);
});

test("a seek is over when the video stands there", async () => {
  const video = new FakeVideo();
  await seekTo(video, 2500);
  assert.equal(video.currentTime, 2.5);
});

test("a video that knows nothing of its file yet is sought once it does", async () => {
  const video = new FakeVideo();
  video.readyState = 0;
  const sought = seekTo(video, 1000);
  assert.equal(video.currentTime, 0);
  video.dispatchEvent(new Event("loadedmetadata"));
  await sought;
  assert.equal(video.currentTime, 1);
});

test("a video that fails does not keep anybody waiting", async () => {
  const video = new FakeVideo();
  video.readyState = 0;
  const sought = seekTo(video, 1000);
  video.dispatchEvent(new Event("error"));
  await sought;
  assert.equal(video.currentTime, 0);
});
