/** The library: a card per recording, found while you type; by room, state and date; and the trash. */

import { getJson } from "../shared/api.js";
import { byId, config } from "../shared/config.js";
import { count } from "../shared/format.js";
import { RunActions } from "../shared/run-actions.js";
import { runCard } from "./run-card.js";

// Long enough for a word to be typed, short enough to feel like none.
const TYPING_MS = 250;
// What the address calls each field: a link to what was found can be kept.
const FIELDS = /** @type {const} */ ({ q: "search", room: "room", status: "status", from: "from", until: "until" });
// The server counts no further.
const COUNTED = 1000;

class Library {
  #runs = [];
  #total = 0;
  #next = "";
  #asked = 0;
  #timer = 0;
  #trash = new URLSearchParams(location.search).get("trash") === "true";
  #actions = new RunActions((run, words) => this.#changed(words), (message) => this.#problem(message));

  open() {
    const query = new URLSearchParams(location.search);
    for (const [name, id] of Object.entries(FIELDS)) {
      if (byId(id)) byId(id).value = query.get(name) ?? "";
      byId(id)?.addEventListener("input", () => this.#soon(id === "search" ? TYPING_MS : 0));
    }
    byId("filters").open = Object.keys(FIELDS).some((name) => name !== "q" && query.get(name));
    byId("clear").addEventListener("click", () => this.#clear());
    byId("more").addEventListener("click", () => this.#more());
    document.addEventListener("click", ({ target }) => closeMenus(target));
    this.#search();
  }

  #soon(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#search(), ms);
  }

  /** The fields that say something, by their names in the address. */
  get #wanted() {
    const said = Object.entries(FIELDS).map(([name, id]) => [name, byId(id)?.value.trim() ?? ""]);
    return Object.fromEntries(said.filter(([, value]) => value));
  }

  #clear() {
    for (const id of Object.values(FIELDS)) if (byId(id)) byId(id).value = "";
    this.#search();
    byId("search").focus();
  }

  #search() {
    const wanted = this.#wanted;
    const shown = new URLSearchParams({ ...wanted, ...(this.#trash ? { trash: "true" } : {}) });
    history.replaceState(null, "", shown.size ? `?${shown}` : location.pathname);
    this.#load(`${config.urls.runs}?${asked(wanted, this.#trash)}`, true);
  }

  async #more() {
    byId("more").disabled = true;
    await this.#load(this.#next, false);
    byId("more").disabled = false;
  }

  async #load(url, anew) {
    this.#asked += 1;
    const ticket = this.#asked;
    try {
      const answer = await getJson(url);
      // What was typed since asks for itself.
      if (ticket !== this.#asked) return;
      this.#runs = anew ? answer.results : [...this.#runs, ...answer.results];
      this.#total = answer.count;
      // The server may know itself by another name than the one this page came from.
      this.#next = answer.next ? `${config.urls.runs}${new URL(answer.next, location.href).search}` : "";
      this.#problem("");
      this.#show();
    } catch (error) {
      if (ticket === this.#asked) this.#fail(error);
    }
  }

  #fail(error) {
    this.#problem(error.unreachable
      ? `The list cannot be loaded now. ${error.message} The recordings are safe; reload the page in a moment.`
      : error.message);
    byId("found").textContent = "";
  }

  #problem(text) {
    byId("problem").textContent = text;
    byId("problem").hidden = !text;
  }

  async #changed(words) {
    await this.#load(`${config.urls.runs}?${asked(this.#wanted, this.#trash)}`, true);
    byId("done").textContent = words;
  }

  #show() {
    byId("done").textContent = "";
    byId("cards").replaceChildren(...this.#runs.map((run) => runCard(run, (what) => this.#actions.do(what, run))));
    byId("more").hidden = !this.#next;
    const narrowed = Object.keys(this.#wanted).length > 0;
    byId("empty").hidden = this.#total > 0 || narrowed || this.#trash;
    byId("clear").hidden = !narrowed;
    const none = narrowed ? "No recording is like that" : this.#trash ? "The trash is empty" : "";
    byId("found").textContent = this.#total ? found(this.#total) : none;
  }
}

function found(total) {
  return total < COUNTED ? count(total, "recording", "recordings") : `${COUNTED} recordings or more`;
}

/** The same in the API's words; a day is one of the reader's own zone. */
function asked({ q, from, until, ...rest }, trash) {
  const day = (text, more) => {
    const [year, month, date] = text.split("-").map(Number);
    return new Date(year, month - 1, date + more).toISOString();
  };
  return new URLSearchParams({
    ...rest,
    ...(q ? { search: q } : {}),
    ...(from ? { from: day(from, 0) } : {}),
    ...(until ? { until: day(until, 1) } : {}),
    ...(trash ? { trash: "true" } : {}),
  });
}

function closeMenus(target) {
  for (const menu of document.querySelectorAll("details.card-menu[open]")) {
    if (!menu.contains(target)) menu.open = false;
  }
}

new Library().open();
