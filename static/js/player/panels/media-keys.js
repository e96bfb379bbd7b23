/** The keys of a keyboard or headset and the buttons of picture in picture act on the recording, not on a piece. */

const STEP_MS = 10_000;

/** @param {Record<string, (...values: any[]) => void>} actions play, pause, by(ms), to(ms), piece(direction) */
export function bindMediaKeys({ play, pause, by, to, piece }) {
  if (!("mediaSession" in navigator)) return;
  /** @type {Record<string, (details: any) => void>} */
  const handlers = {
    play, pause,
    seekbackward: ({ seekOffset }) => by(-(seekOffset ? seekOffset * 1000 : STEP_MS)),
    seekforward: ({ seekOffset }) => by(seekOffset ? seekOffset * 1000 : STEP_MS),
    seekto: ({ seekTime }) => to(seekTime * 1000),
    previoustrack: () => piece(-1),
    nexttrack: () => piece(1),
  };
  for (const [key, handler] of Object.entries(handlers)) {
    const action = /** @type {MediaSessionAction} */ (key);
    try {
      navigator.mediaSession.setActionHandler(action, handler);
    } catch {
      // A browser that does not know this one does without.
    }
  }
}

/** What the lock screen or the window shows of it: the whole recording's name and length. */
export function tellMediaSession({ title, artist, duration, position, rate, playing }) {
  if (!("mediaSession" in navigator)) return;
  if (navigator.mediaSession.metadata?.title !== title) navigator.mediaSession.metadata = new MediaMetadata({ title, artist });
  navigator.mediaSession.playbackState = playing ? "playing" : "paused";
  navigator.mediaSession.setPositionState?.({ duration: duration / 1000, position: Math.min(position, duration) / 1000, playbackRate: rate });
}
