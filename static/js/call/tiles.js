import { place } from "./grid.js";

/** The pictures on the page: one tile per stream, placed by grid.js whenever the room on the page changes. */
export class Tiles {
  #container;
  #tiles = new Map();

  constructor(container) {
    this.#container = container;
    new ResizeObserver(() => this.layout()).observe(container);
  }

  get size() {
    return this.#tiles.size;
  }

  /** @returns {HTMLElement} the place for the picture inside the new tile */
  add(key, { name, isSelf = false, isScreen = false }) {
    this.remove(key);
    const tile = document.createElement("figure");
    tile.className = "tile";
    tile.dataset.self = String(isSelf);
    tile.dataset.screen = String(isScreen);
    const picture = document.createElement("div");
    picture.className = "tile-picture";
    const initials = document.createElement("span");
    initials.className = "tile-initials";
    initials.textContent = initialsOf(name);
    initials.setAttribute("aria-hidden", "true");
    const caption = document.createElement("figcaption");
    const label = document.createElement("span");
    label.textContent = isScreen ? `${name}: screen` : isSelf ? `${name} (you)` : name;
    const note = document.createElement("span");
    note.className = "tile-note";
    caption.append(label, note);
    tile.append(initials, picture, caption);
    this.#container.append(tile);
    this.#tiles.set(key, { tile, isScreen, isSelf });
    this.layout();
    return picture;
  }

  /** Shows in words what the person has switched off. */
  update(key, { hasAudio, hasVideo }) {
    const entry = this.#tiles.get(key);
    if (!entry) return;
    entry.tile.dataset.video = hasVideo;
    const note = entry.tile.querySelector(".tile-note");
    note.textContent = hasAudio || entry.isScreen ? "" : "muted";
  }

  remove(key) {
    const entry = this.#tiles.get(key);
    if (!entry) return;
    entry.tile.remove();
    this.#tiles.delete(key);
    this.layout();
  }

  clear() {
    for (const key of [...this.#tiles.keys()]) this.remove(key);
  }

  layout() {
    const entries = [...this.#tiles.values()];
    const { clientWidth, clientHeight } = this.#container;
    const boxes = place(entries.map((entry) => entry.isScreen), clientWidth, clientHeight);
    entries.forEach(({ tile }, index) => {
      for (const [side, pixels] of Object.entries(boxes[index])) tile.style[side] = `${pixels}px`;
    });
  }
}

function initialsOf(name) {
  return name.split(/\s+/).filter(Boolean).slice(0, 2).map((word) => [...word][0].toUpperCase()).join("");
}
