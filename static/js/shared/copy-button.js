/** Copying a field's text, with the answer on the button itself. */

import { announce } from "./announce.js";

const COPIED_MS = 2000;

/** @param {HTMLButtonElement} button @param {() => HTMLInputElement} field what is copied when it is pressed */
export function bindCopyButton(button, field) {
  button.addEventListener("click", async () => {
    field().select();
    // Without a secure address there is no clipboard; the selected text is the next best.
    const copied = await navigator.clipboard?.writeText(field().value).then(() => true, () => false);
    button.textContent = copied ? "Copied" : "Press Ctrl-C";
    announce(copied ? "Copied" : "Press Control C to copy");
    setTimeout(() => { button.textContent = "Copy"; }, COPIED_MS);
  });
}
