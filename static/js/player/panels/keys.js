const STEPS = { ArrowLeft: -5000, ArrowRight: 5000, j: -10_000, l: 10_000 };

/** Keys of the whole page, except where a field of its own wants them. */
export function bindKeys(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !isOurs(event)) return;
    if (handle(event.key, actions)) event.preventDefault();
  });
}

function isOurs({ target, key }) {
  if (document.querySelector("dialog[open]")) return false;
  if (target.matches("select, textarea, input:not([type=range])")) return false;
  if (target.id === "volume" && key.startsWith("Arrow")) return false;
  // A focused button answers to the space bar itself.
  return !(key === " " && target.closest("button, summary, a"));
}

function handle(key, actions) {
  if (key in STEPS) actions.by(STEPS[key]);
  else if (key === " " || key === "k") actions.toggle();
  else if (key === "," || key === ".") actions.frame(key === "," ? -1 : 1);
  else if (key === "[" || key === "]") actions.piece(key === "[" ? -1 : 1);
  else if (key === "m") actions.sound();
  else if (key === "c") actions.captions();
  else if (key === "f") actions.full();
  else if (/^[0-9]$/.test(key)) actions.part(Number(key));
  else if (key === "Home" || key === "End") actions.part(key === "Home" ? 0 : 10);
  else return false;
  return true;
}
