/** Says a change to screen readers without moving the focus. */
export function announce(text) {
  const region = document.getElementById("announcer");
  if (!region) return;
  region.textContent = "";
  // A region that is emptied and filled in one turn is not read again by every screen reader.
  setTimeout(() => { region.textContent = text; }, 50);
}
