/** Sizes of a signal, in characters; data counts as it is written in JSON. */
const MAX_SIGNAL_TYPE = 128;
const MAX_SIGNAL_DATA = 8192;

/** What is wrong with a signal, as [code, message], or nothing. @returns {[number, string] | undefined} */
function signalFault({ type, data, to, retryAfterReconnect }) {
  if (typeof type === 'string' && !/^[\w.~-]+$/.test(type)) {
    return [400, "The type of a signal has letters, digits, '-', '_', '.' and '~' only."];
  }
  if (typeof type === 'string' && type.length > MAX_SIGNAL_TYPE) return [413, 'The type of the signal is too long.'];
  if (data === null) return [400, 'The data of a signal is not null: leave it out.'];
  if (data !== undefined && JSON.stringify(data).length > MAX_SIGNAL_DATA) return [413, 'The data of the signal is too long.'];
  if (to !== undefined && !(to instanceof Connection || to instanceof Session)) return [400, 'A signal is for a Connection.'];
  if (retryAfterReconnect !== undefined && typeof retryAfterReconnect !== 'boolean') {
    return [400, 'retryAfterReconnect is true or false.'];
  }
  return undefined;
}

/** What a connected page asks of the server besides media: signals and moderation. */
class Requests extends Inbox {
  constructor() {
    super();
    this.currentState = 'disconnected';
    this.capabilities = new Capabilities();
    /** @type {Wire | undefined} */
    this._wire = undefined;
  }

  isConnected() {
    return this.currentState === 'connected' || this.currentState === 'reconnecting';
  }

  is(...states) {
    return states.includes(this.currentState);
  }

  isNot(...states) {
    return !this.is(...states);
  }

  /** @param {{type?: string, data?: any, to?: any, retryAfterReconnect?: boolean}} [signal] @param {Completion} [completion] */
  signal(signal, completion) {
    return quiet(this._signal(signal || {}, completion));
  }

  async _signal(signal, completion) {
    if (completion && typeof completion !== 'function') throw new TypeError('The completion handler is not a function.');
    if (!this.isConnected()) {
      throw refuse(this, otError('OT_NOT_CONNECTED', 'Unable to send a signal: the session is not connected.', 500), completion);
    }
    const fault = signalFault(signal);
    if (fault) throw refuse(this, otError('OT_INVALID_PARAMETER', fault[1], fault[0]), completion);
    if (this.currentState === 'reconnecting' && signal.retryAfterReconnect === false) {
      throw refuse(this, otError('OT_NOT_CONNECTED', 'The session is reconnecting.', 500), completion);
    }
    const to = signal.to instanceof Connection ? signal.to.connectionId : null;
    await this._request('signal', { type: signal.type ?? '', data: signal.data ?? '', to }, completion);
  }

  /** @param {any} connection @param {Completion} [completion] @returns {Promise<void>} */
  forceDisconnect(connection, completion) {
    return this._moderate('forceDisconnect', completion, () => ({ connectionId: idOf(connection, 'connectionId') }));
  }

  /** @param {any} stream @param {Completion} [completion] @returns {Promise<void>} */
  forceUnpublish(stream, completion) {
    if (!stream) return quiet(Promise.reject(refuse(this, otError('OT_INVALID_PARAMETER', 'There is no stream.'), completion)));
    return this._moderate('forceUnpublish', completion, () => ({ streamId: idOf(stream, 'streamId') }));
  }

  /** @param {any} stream @returns {Promise<void>} */
  forceMuteStream(stream) {
    return this._moderate('forceMute', undefined, () => ({ streamId: idOf(stream, 'streamId') }));
  }

  /** Mutes every stream but those given, and those that are published from now on. @param {any[]} [excluded] */
  forceMuteAll(excluded = []) {
    const ids = () => excluded.map((each) => idOf(each, 'streamId'));
    return this._moderate('forceMute', undefined, () => ({ streamId: null, active: true, excluded: ids() }));
  }

  /** Streams published from now on are not muted any more. */
  disableForceMute() {
    return this._moderate('forceMute', undefined, () => ({ streamId: null, active: false }));
  }

  /** A moderator's request, whose body is made once it is known to be allowed. @returns {Promise<void>} */
  _moderate(op, completion, body) {
    return quiet((async () => {
      const name = op === 'forceMute' ? 'forceMute functionality' : op;
      const refused = !this.isConnected() ? otError('OT_NOT_CONNECTED', `Cannot use ${name}: the session is not connected.`)
        : !this.capabilities.permittedTo(op) ? otError('OT_PERMISSION_DENIED', `This token does not allow ${op}.`, REFUSAL_CODES[op])
          : undefined;
      if (refused) throw refuse(this, refused, completion);
      await this._request(op, body(), completion);
    })());
  }

  async _request(op, body, completion) {
    try {
      if (Object.values(body).includes(undefined)) throw otError('OT_INVALID_PARAMETER', `${op} misses a parameter.`);
      await this._wire.request(op, body);
    } catch (error) {
      throw refuse(this, error, completion);
    }
    finish(completion);
  }

  _relay(to, peer, body) {
    if (this.isConnected()) this._wire.request('relay', { to, peer, body }).catch((error) => log(3, 'relay', error.message));
  }
}

/** Codes of what a role does not allow. */
const REFUSAL_CODES = { forceDisconnect: 1520, forceUnpublish: 1530, forceMute: 1540 };

/** The id of an object, or the id itself. */
function idOf(what, name) {
  return what && typeof what === 'object' ? what[name] : what;
}
