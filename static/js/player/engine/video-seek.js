/** Where a video stands. */

const SEEK_TIMEOUT_MS = 15_000;

/** Resolves when the video stands at this media time, has failed, or a time-out is over. @returns {Promise<void>} */
export function seekTo(video, mediaMs) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      for (const type of ["seeked", "error"]) video.removeEventListener(type, done);
      resolve();
    };
    const timer = setTimeout(done, SEEK_TIMEOUT_MS);
    for (const type of ["seeked", "error"]) video.addEventListener(type, done);
    const go = () => { video.currentTime = mediaMs / 1000; };
    if (video.readyState >= HTMLMediaElement.HAVE_METADATA) go();
    else video.addEventListener("loadedmetadata", go, { once: true });
  });
}
