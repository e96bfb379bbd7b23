/** An event as the vendor's: cancelable unless said otherwise, and without a target until it is dispatched. */
class OTEvent {
  constructor(type = undefined, cancelable = true, fields = {}) {
    this.type = type;
    this.cancelable = Boolean(cancelable);
    this._defaultPrevented = false;
    Object.assign(this, fields);
  }

  preventDefault() {
    if (this.cancelable) this._defaultPrevented = true;
  }

  isDefaultPrevented() {
    return this._defaultPrevented;
  }
}

/** Handlers by type. Those without a context are called with this object as theirs, which means nothing to a page. */
class Handlers {
  /** @type {Map<string, {handler: Function, context: any, once: boolean}[]>} */
  #entries = new Map();

  of(type) {
    return this.#entries.get(type) || [];
  }

  add(type, handler, context, once) {
    if (typeof handler !== 'function') throw new TypeError(`The handler of ${type} is not a function.`);
    if (context !== undefined && Object(context) !== context) throw new TypeError('A context is an object.');
    this.#entries.set(type, [...this.of(type), { handler, context, once }]);
  }

  /** Removes one handler: the last that was added with this context, or without one. */
  remove(type, handler, context) {
    const last = this.of(type).filter((each) => each.handler === handler && each.context === context).pop();
    if (last) this.drop(type, last);
  }

  drop(type, entry) {
    this.#entries.set(type, this.of(type).filter((each) => each !== entry));
  }

  clear(type) {
    if (type === undefined) this.#entries.clear();
    else this.#entries.delete(type);
  }

  /** Calls those there are now. One that throws keeps later ones from running; its error is logged. */
  call(type, args) {
    for (const entry of this.of(type)) {
      if (entry.once) this.drop(type, entry);
      try {
        entry.handler.apply(entry.context || this, args);
      } catch (error) {
        log(1, 'An error occurred in an event handler', error);
        return;
      }
    }
  }
}

class Emitter {
  #handlers = new Handlers();

  on(types, handler, context) {
    return this.#each(types, handler, context, (type, fn, ctx) => this.#handlers.add(type, fn, ctx, false));
  }

  once(types, handler, context) {
    return this.#each(types, handler, context, (type, fn, ctx) => this.#handlers.add(type, fn, ctx, true));
  }

  /** Without a type all handlers go, and without a handler all of the type. */
  off(types, handler, context) {
    if (types === undefined || types === null) {
      this.#handlers.clear();
      this._handlersChanged();
      return this;
    }
    if (typeof types === 'string' && typeof handler !== 'function') {
      return this.#each(types, () => {}, undefined, (type) => this.#handlers.clear(type));
    }
    return this.#each(types, handler, context, (type, fn, ctx) => {
      if (typeof fn !== 'function') throw new TypeError(`The handler of ${type} is not a function.`);
      this.#handlers.remove(type, fn, ctx);
    });
  }

  addEventListener(type, handler, context) {
    return this.on(type, handler, context);
  }

  removeEventListener(type, handler, context) {
    return this.off(type, handler, context);
  }

  /** @param {any} event */
  dispatchEvent(event) {
    if (!event.type) throw new Error('An event has a type.');
    if (event.target === undefined) event.target = this;
    this.#handlers.call(event.type, [event]);
    return this;
  }

  trigger(type, ...args) {
    this.#handlers.call(type, args);
    return this;
  }

  emit(type, ...args) {
    return this.trigger(type, ...args);
  }

  /** @param {string} type */
  listenerCount(type) {
    return this.#handlers.of(type).length;
  }

  #each(types, handler, context, work) {
    for (const [type, fn, ctx] of listed(types, handler, context)) work(type, fn, ctx);
    this._handlersChanged();
    return this;
  }

  /** Called after every change of the handlers. */
  _handlersChanged() {}

  /** @param {string} type */
  _hears(type) {
    return this.listenerCount(type) > 0;
  }

  /** Dispatches an event made of these fields; returns it. */
  _fire(type, fields = {}, cancelable = false) {
    return this._dispatch(new OTEvent(type, cancelable, fields));
  }

  /** Dispatches an event; returns it. */
  _dispatch(event) {
    this.dispatchEvent(event);
    return event;
  }
}

/** `'a b', fn, context` or `{a: fn, b: fn}, context` as a list of [type, handler, context]. */
function listed(types, handler, context) {
  if (typeof types === 'string' && handler !== undefined) {
    return types.split(' ').filter(Boolean).map((type) => [type, handler, context]);
  }
  return Object.entries(types).map(([type, fn]) => [type, fn, handler]);
}
