/** Links that are handed out: listed, made, copied, taken back. Shares of a recording and invitations alike. */

import { deleteJson, getJson, postJson } from "./api.js";
import { announce } from "./announce.js";
import { dateAndTime } from "./format.js";
import { bindCopyButton } from "./copy-button.js";
import { element } from "./elements.js";


export class LinksDialog {
  #dialog;
  #revoked;
  #url = "";
  #newest = "";

  /**
   * @param {HTMLDialogElement} dialog made of links_dialog.html
   * @param {(url: string) => void} revoked called with each link that was taken back
   */
  constructor(dialog, revoked = () => {}) {
    this.#dialog = dialog;
    this.#revoked = revoked;
    this.#part("close").addEventListener("click", () => dialog.close());
    this.#part("new").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#make(new FormData(event.target));
    });
  }

  /** @param {string} url of the links  @param {string} of what they open, by name */
  open(url, of) {
    this.#url = url;
    this.#newest = "";
    this.#part("of").querySelector("strong").textContent = of;
    this.#part("list").replaceChildren();
    this.#part("words").textContent = "Loading…";
    this.#problem("");
    this.#dialog.showModal();
    return this.#do(() => this.#show());
  }

  #part(name) {
    return this.#dialog.querySelector(`[data-part="${name}"]`);
  }

  #problem(text) {
    this.#part("problem").textContent = text;
    this.#part("problem").hidden = !text;
  }

  async #do(action) {
    this.#problem("");
    try {
      await action();
    } catch (error) {
      this.#part("words").textContent = "";
      this.#problem(`${error.message} The links stay as they were.`);
    }
  }

  async #show() {
    const links = await getJson(this.#url);
    this.#part("list").replaceChildren(...links.map((link) => this.#row(link)));
    this.#part("words").textContent = links.length ? "" : "There is no link yet.";
  }

  async #make(asked) {
    const button = this.#part("new").querySelector("button");
    button.disabled = true;
    await this.#do(async () => {
      const person = asked.get("person")?.trim();
      const made = await postJson(this.#url, { hours: Number(asked.get("hours")), ...(person ? { person } : {}) });
      this.#newest = made.id;
      this.#part("new").reset();
      await this.#show();
      announce("The link is made. It is the first of the list.");
      this.#part("list").querySelector("button")?.focus();
    });
    button.disabled = false;
  }

  #row(link) {
    const row = element("li");
    const facts = element("div", "link-facts");
    if (link.person !== undefined) facts.append(element("strong", "", link.person || "Everybody with the link"));
    facts.append(element("span", "quiet small", inWords(link)));
    row.append(facts);
    if (!link.url) return row;
    const address = element("input");
    address.readOnly = true;
    address.value = link.url;
    address.setAttribute("aria-label", "Link");
    row.classList.toggle("newest", link.id === this.#newest);
    const buttons = element("div", "link-buttons");
    buttons.append(address, this.#copyButton(address), this.#revokeButton(link));
    row.append(buttons);
    return row;
  }

  #copyButton(address) {
    const button = element("button", "button", "Copy");
    button.type = "button";
    bindCopyButton(button, () => address);
    return button;
  }

  /** The second press does it: what was handed out would stop working for good. */
  #revokeButton(link) {
    const button = element("button", "button", "Take back");
    button.type = "button";
    button.addEventListener("blur", () => { button.textContent = "Take back"; });
    button.addEventListener("click", () => {
      if (button.textContent === "Take back") {
        button.textContent = "Sure?";
        announce("Press again to take the link back for good.");
        return;
      }
      this.#do(async () => {
        await deleteJson(`${this.#url}${link.id}/`);
        this.#revoked(link.url);
        await this.#show();
        announce("The link is taken back.");
        this.#part("close").focus();
      });
    });
    return button;
  }
}

function inWords({ created_by: by, created_at: made, expires_at: ends, revoked_at: revoked, url }) {
  const maker = by ? ` by ${by}` : "";
  if (revoked) return `Taken back ${dateAndTime(revoked)}`;
  return url ? `Ends ${dateAndTime(ends)}. Made ${dateAndTime(made)}${maker}` : `Ended ${dateAndTime(ends)}`;
}
