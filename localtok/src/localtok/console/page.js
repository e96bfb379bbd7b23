/** What the parts of the page share: elements, requests, buttons that say what became of them. */

/** @param {string} id @returns {any} */
export const $ = (id) => document.getElementById(id);

/** @param {string} tag @param {object} [properties] @param {...any} children */
export function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export function soft(text) {
  return element('p', { className: 'soft', textContent: text });
}

export async function request(method, path, body) {
  const options = { method };
  if (body !== undefined) Object.assign(options, { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  const response = await fetch(`/_localtok/${path}`, options);
  if (response.status === 204) return null;
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message);
  return answer;
}

export const order = (fault) => request('POST', 'faults', fault);

/** What is done after every action: the page as it is then. */
let refreshed = async () => {};
export function afterwards(refresh) {
  refreshed = refresh;
}

/** Does the work of a button, which is busy meanwhile. @param {HTMLElement | null} pressed */
export async function attempt(pressed, work) {
  if (pressed) pressed.setAttribute('aria-busy', 'true');
  try {
    await work();
    trouble('');
    await refreshed();
  } catch (error) {
    trouble(error.message || String(error));
  } finally {
    if (pressed) pressed.removeAttribute('aria-busy');
  }
}

export function trouble(text) {
  if ($('trouble').textContent !== text) $('trouble').textContent = text;
  $('trouble').hidden = !text;
}

export function button(text, work, className = '') {
  const made = element('button', { type: 'button', textContent: text, className });
  made.onclick = () => attempt(made, work);
  return made;
}

export function clockTime(ms) {
  return element('time', {
    dateTime: new Date(ms).toISOString(), title: new Date(ms).toLocaleString(), textContent: new Date(ms).toLocaleTimeString(),
  });
}

/** As people say it: "1 h 12 min", "48 s". */
export function length(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const [h, min, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (h) return min ? `${h} h ${min} min` : `${h} h`;
  return min ? `${min} min ${s} s` : `${s} s`;
}

export function bytes(size) {
  return size < 1e6 ? `${Math.ceil(size / 1e3)} kB` : `${(size / 1e6).toFixed(1)} MB`;
}

/**
 * A list whose items are drawn again only when they have changed, so that a video goes on playing and a
 * button keeps its focus. `key` names an item, `make` draws it.
 */
export class Cards {
  /** @param {HTMLElement} place @param {string} empty what is said when there is none
   * @param {(item: any) => string} key @param {(item: any) => HTMLElement} make */
  constructor(place, empty, key, make) {
    this.place = place;
    this.empty = empty;
    this.key = key;
    this.make = make;
    /** @type {Map<string, {text: string, node: HTMLElement}>} */
    this.drawn = new Map();
  }

  draw(items, more = 0) {
    const before = this.drawn;
    this.drawn = new Map(items.map((item) => {
      const [key, text] = [this.key(item), JSON.stringify(item)];
      const was = before.get(key);
      return [key, was && was.text === text ? was : { text, node: this.make(item) }];
    }));
    const nodes = [...this.drawn.values()].map(({ node }) => node);
    if (more) nodes.push(soft(`And ${more} older ones.`));
    if (!nodes.length) nodes.push(soft(this.empty));
    this.put(nodes);
  }

  /** Moves nothing that stands where it should. */
  put(nodes) {
    const kept = new Set(nodes);
    for (const child of [...this.place.children]) if (!kept.has(child)) child.remove();
    nodes.forEach((node, index) => {
      if (this.place.children[index] !== node) this.place.insertBefore(node, this.place.children[index] || null);
    });
  }
}
