/** The sound of two videos at a seam. */

const FADE_MS = 24;
const FADE_STEPS = 6;

/**
 * Changes over within a few milliseconds: at once it clicks, slowly it echoes.
 *
 * @param {HTMLMediaElement} old what is heard now
 * @param {HTMLMediaElement} fresh what shall be heard
 * @param {() => number} volume asked at every step, since a hand may be on it
 * @param {() => void} done called when the old one is silent
 */
export function crossFade(old, fresh, volume, done) {
  let step = 0;
  const timer = setInterval(() => {
    step += 1;
    fresh.volume = volume() * (step / FADE_STEPS);
    old.volume = volume() * (1 - step / FADE_STEPS);
    if (step < FADE_STEPS) return;
    clearInterval(timer);
    done();
  }, FADE_MS / FADE_STEPS);
}
