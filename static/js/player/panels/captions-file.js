/** For hosts: attach a WebVTT file to the recording, put another in its place, remove it. */

import { deleteJson, putText } from "../../shared/api.js";
import { announce } from "../../shared/announce.js";
import { byId, config } from "../../shared/config.js";

let run = null;

document.addEventListener("run", ({ detail }) => {
  run = detail;
  byId("captions-file").hidden = !run.hosted;
});
document.addEventListener("captions", ({ detail }) => {
  byId("captions-remove").hidden = !detail;
  byId("captions-choose-words").textContent = detail ? "Replace the captions…" : "Add captions…";
});

async function act(words, call) {
  byId("captions-words").textContent = "Working…";
  try {
    const answer = await call(`${config.urls.runs}${run.id}/captions/`);
    byId("captions-words").textContent = words(answer);
    announce(words(answer));
    document.dispatchEvent(new Event("captions-changed"));
  } catch (error) {
    byId("captions-words").textContent = `${error.message} Nothing was changed.`;
  }
}

byId("captions-choose").addEventListener("change", async () => {
  const [file] = byId("captions-choose").files ?? [];
  if (file) await act(({ cues }) => `${cues} ${cues === 1 ? "caption" : "captions"} added.`, (url) => putText(url, file, "text/vtt"));
  // So that the same file, mended, can be chosen again.
  byId("captions-choose").value = "";
});
byId("captions-remove").addEventListener("click", () => act(() => "Captions removed.", deleteJson));
