/** Where each browser keeps the permission for camera and microphone, in words. */

const RELOAD = "then reload the page.";

/** @param {string} agent the browser's own description of itself */
export function allowWords(agent) {
  const is = (...words) => words.some((word) => agent.includes(word));
  if (is("CriOS", "FxiOS", "EdgiOS")) return `Open the device’s Settings, choose this browser there, and allow it; ${RELOAD}`;
  if (is("iPhone", "iPad")) return `Press the sign beside the address, then Website Settings, and allow it; ${RELOAD}`;
  if (is("Firefox")) return `Press the crossed-out sign before the address and take the block away; ${RELOAD}`;
  if (is("Safari") && !is("Chrom", "Android")) return `Open the menu Safari, then Settings for This Website, and allow it; ${RELOAD}`;
  if (is("Android")) return `Press the sign before the address, then Permissions, and allow it; ${RELOAD}`;
  return `Press the sign before the address and allow it there; ${RELOAD}`;
}
