class OTEvent {
  constructor(type, target, properties = {}, cancelable = false) {
    Object.assign(this, properties);
    this.type = type;
    this.target = target;
    this.cancelable = cancelable;
    this.prevented = false;
  }

  preventDefault() {
    if (this.cancelable) this.prevented = true;
  }

  isDefaultPrevented() {
    return this.prevented;
  }
}

class Emitter {
  constructor() {
    /** @type {Map<string, {handler: Function, context: any, once: boolean}[]>} */
    this._handlers = new Map();
  }

  on(types, handler, context) {
    return this._add(types, handler, context, false);
  }

  once(types, handler, context) {
    return this._add(types, handler, context, true);
  }

  off(types, handler, context) {
    if (types === undefined) {
      this._handlers.clear();
      this._handlersChanged();
      return this;
    }
    for (const [type, fn, ctx] of pairs(types, handler, context)) {
      const left = (this._handlers.get(type) || []).filter((entry) => (
        (fn !== undefined && entry.handler !== fn) || (ctx !== undefined && entry.context !== ctx)));
      this._handlers.set(type, left);
    }
    this._handlersChanged();
    return this;
  }

  addEventListener(type, handler, context) {
    return this.on(type, handler, context);
  }

  removeEventListener(type, handler, context) {
    return this.off(type, handler, context);
  }

  _add(types, handler, context, once) {
    for (const [type, fn, ctx] of pairs(types, handler, context)) {
      if (!this._handlers.has(type)) this._handlers.set(type, []);
      this._handlers.get(type).push({ handler: fn, context: ctx, once });
    }
    this._handlersChanged();
    return this;
  }

  /** Hears of every change of the handlers. */
  _handlersChanged() {}

  /** @param {string} type */
  _hears(type) {
    return (this._handlers.get(type) || []).length > 0;
  }

  /** Dispatches to the handlers there are now; returns the event. */
  _fire(type, properties, cancelable) {
    const event = properties instanceof OTEvent ? properties : new OTEvent(type, this, properties, cancelable);
    for (const entry of [...(this._handlers.get(type) || [])]) {
      if (entry.once) {
        this._handlers.set(type, this._handlers.get(type).filter((other) => other !== entry));
      }
      call(entry.handler, entry.context || this, event);
    }
    return event;
  }
}

/** `'a b', fn` or `{a: fn, b: fn}, context` as a list of [type, handler, context]. */
function pairs(types, handler, context) {
  if (typeof types === 'object') return Object.entries(types).map(([type, fn]) => [type, fn, handler]);
  return String(types).split(/\s+/).filter(Boolean).map((type) => [type, handler, context]);
}
