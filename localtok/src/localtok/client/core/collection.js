/** A list of objects with an `id`, in the order they came. @template Item */
class Collection {
  /** @type {Item[]} */
  #items = [];

  add(item) {
    if (!this.#items.includes(item)) this.#items.push(item);
    return this;
  }

  remove(item) {
    this.#items = this.#items.filter((each) => each !== item);
    return this;
  }

  /** @returns {any} the item of this id, or undefined */
  get(id) {
    return this.#items.find((each) => /** @type {any} */ (each).id === id);
  }

  has(id) {
    return this.get(id) !== undefined;
  }

  length() {
    return this.#items.length;
  }

  /** @param {Function | object} criterion a function of the item, or fields with their values */
  where(criterion) {
    const fits = typeof criterion === 'function' ? criterion
      : (item) => Object.entries(criterion).every(([name, value]) => item[name] === value);
    return this.#items.filter((item) => fits(item));
  }

  find(criterion) {
    return this.where(criterion)[0] ?? null;
  }

  map(work) {
    return this.#items.map(work);
  }

  forEach(work) {
    this.#items.forEach(work);
    return this;
  }

  toString() {
    return this.#items.join(',');
  }
}
