/** The buttons over the player: rename, share, trash, hold. The player says on `document` which run it shows. */

import { byId, config } from "../../shared/config.js";
import { element } from "../../shared/elements.js";
import { RunActions } from "../../shared/run-actions.js";

let shown = "";

function show(run) {
  const found = RunActions.of(run);
  const now = JSON.stringify([run.id, run.name, found]);
  // The player tells it again with every look at a running recording: the focus stays where it is.
  if (now === shown) return;
  shown = now;
  byId("run-actions").hidden = !found.length;
  byId("run-actions").replaceChildren(...found.map(([what, label]) => {
    const button = element("button", "button", label);
    button.type = "button";
    button.addEventListener("click", () => actions.do(what, run));
    return button;
  }));
}

function changed(run) {
  if (run.trashed_at) {
    location.assign(config.urls.player);
    return;
  }
  byId("title").textContent = run.name;
  show(run);
}

function failed(message) {
  byId("run-note").textContent = message;
  byId("run-note").hidden = false;
}

const actions = new RunActions(changed, failed);
document.addEventListener("run", ({ detail }) => show(detail));
