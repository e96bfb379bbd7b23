class Session extends Requests {
  /** @param {any} apiKey @param {any} sessionId @param {any} [options] of `OT.initSession` */
  constructor(apiKey, sessionId, options = {}) {
    super();
    /** @type {string} */
    this.sessionId = sessionId;
    this.id = sessionId;
    this._apiKey = apiKey;
    const { iceConfig, connectionEventsSuppressed, encryptionSecret } = options;
    this._iceConfig = iceConfig ? checkedIceConfig(iceConfig) : null;
    this._suppressed = Boolean(connectionEventsSuppressed);
    /** @type {Cipher | null} */
    this._cipher = null;
    this._encryptWith(encryptionSecret);
    this._pressure = new Pressure((state) => this._dispatch(new CpuPerformanceChangedEvent(state)));
    /** Completion handlers that wait for the connection. @type {any[]} */
    this._waiting = [];
    this.connect = promising((...args) => this._connectCall(args), /** @returns {Promise<Session>} */ (...args) => (
      promiseOf((done) => this.connect(...withoutCompletion(args)[1], done))));
    this.publish = promising((...args) => this._publishCall(args), /** @returns {Promise<Publisher>} */ (...args) => (
      promiseOf((done) => this.publish(...withoutCompletion(args)[1], done))));
    this.subscribe = promising((...args) => this._subscribeCall(args), /** @returns {Promise<Subscriber>} */ (...args) => (
      promiseOf((done) => this.subscribe(args[0], ...withoutCompletion(args.slice(1))[1], done))));
  }

  // -- connecting --

  /** `connect(token, completion)`, or the older `connect(apiKey, token, completion)`. */
  _connectCall(args) {
    const [completion, [first, second]] = withoutCompletion(args);
    if (this.isConnected()) complete(Promise.resolve(), completion, this);
    if (this.currentState !== 'disconnected') return this;
    if (typeof second === 'string') this._apiKey = first;
    this.currentState = 'connecting';
    this._waiting.push(completion);
    this._open(typeof second === 'string' ? second : first);
    return this;
  }

  async _open(token) {
    const wire = this._newWire();
    this._wire = wire;
    try {
      const welcome = await this._greet(wire, token);
      if (this._wire !== wire) return;
      this._connected(welcome);
      for (const completion of this._waiting.splice(0)) guarded(completion);
    } catch (error) {
      if (this._wire !== wire) return;
      this.currentState = 'disconnected';
      report(error, this);
      for (const completion of this._waiting.splice(0)) guarded(completion, error);
    }
  }

  async _greet(wire, token) {
    // No completion handler is called before connect returns.
    await null;
    if (this._apiKey === undefined || this._apiKey === null) {
      throw otError('OT_AUTHENTICATION_ERROR', 'There is no API key: pass it to initSession.');
    }
    if (!this.sessionId) throw otError('OT_INVALID_SESSION_ID', 'There is no session ID: pass it to initSession.');
    return wire.connect({ apiKey: String(this._apiKey), sessionId: this.sessionId, token });
  }

  _newWire() {
    return new Wire({
      event: (message) => this._event(message),
      lost: () => this._stateEvent('reconnecting', 'sessionReconnecting'),
      back: () => this._stateEvent('connected', 'sessionReconnected'),
      gone: (reason) => this._gone(reason),
    });
  }

  _stateEvent(state, type) {
    this.currentState = state;
    this._fire(type);
  }

  _connected(welcome) {
    this.currentState = 'connected';
    this.connection = new Connection(welcome.connection);
    this.capabilities = new Capabilities(welcome.may);
    this.connections.add(this.connection);
    for (const properties of welcome.connections) this.connections.add(new Connection(properties));
    this._pressure.start();
    this._dispatch(new SessionConnectEvent('sessionConnected'));
    for (const connection of this.connections.where(() => true)) this._announceConnection('connectionCreated', connection);
    for (const properties of welcome.streams) this._streamCreated(properties);
    for (const archive of welcome.archives) this._archiveStarted(archive);
  }

  _announceConnection(type, connection, reason = undefined) {
    if (!this._suppressed) super._announceConnection(type, connection, reason);
  }

  /** Of a connection that is being made, nothing more is heard until the next. @returns {Promise<void>} */
  disconnect() {
    const wire = this._wire;
    if (this.isConnected()) {
      wire.request('disconnect').catch(() => {});
      wire.end('clientDisconnected');
    } else if (this.currentState === 'connecting') {
      this._wire = undefined;
      this.currentState = 'disconnected';
      wire.close();
    }
    return Promise.resolve();
  }

  _gone(reason) {
    this.currentState = 'disconnected';
    this._pressure.stop();
    for (const publisher of [...this._publishers]) this._withdrawn(publisher, reason);
    const event = this._dispatch(new SessionDisconnectEvent('sessionDisconnected', reason));
    if (!event.isDefaultPrevented()) for (const subscriber of [...this._subscribers]) subscriber._dispose(reason);
    for (const subscriber of this._subscribers) subscriber._close();
    this.connection = null;
    this.capabilities = new Capabilities();
    this._reset();
  }

  // -- publishing --

  _publishCall(args) {
    const [completion, [first, properties]] = withoutCompletion(args);
    if (!this.isConnected()) {
      refuse(this, otError('OT_NOT_CONNECTED', 'The session is not connected: connect before publishing.'), completion);
      return null;
    }
    const publisher = first instanceof Publisher ? first : OT.initPublisher(first, properties);
    complete(this._publish(publisher), completion, this);
    return publisher;
  }

  /** @param {Publisher} publisher */
  async _publish(publisher) {
    if (!this.capabilities.permittedTo('publish')) throw otError('OT_PERMISSION_DENIED', 'This token does not allow publish.', 1500);
    if (publisher.session && publisher.session !== this) {
      throw otError('OT_UNABLE_TO_PUBLISH', 'The publisher is already published to another session.');
    }
    if (publisher.session === this) return;
    publisher.session = this;
    this._publishers.add(publisher);
    try {
      await publisher._ready;
      this._checkConnected();
      const { stream } = await this._wire.request('publish', described(publisher));
      publisher.stream = new Stream(stream, this.connection);
      this._showArchiving();
      publisher._dispatch(new StreamEvent('streamCreated', publisher.stream, undefined, false));
    } catch (error) {
      publisher.session = undefined;
      this._publishers.delete(publisher);
      throw error;
    }
  }

  _checkConnected() {
    if (!this.isConnected()) throw otError('OT_NOT_CONNECTED', 'The session is not connected: call connect first.');
  }

  unpublish(publisher) {
    if (!publisher) return;
    if (!(publisher instanceof Publisher)) throw new TypeError('This is not a publisher.');
    if (publisher.session === this) this._withdraw(publisher, 'unpublished');
  }

  /** Ends a publication of this page, here and on the server. */
  _withdraw(publisher, reason, keep = false) {
    if (publisher.stream && this.isConnected()) {
      this._wire.request('unpublish', { streamId: publisher.stream.id, reason }).catch((error) => log(2, error.message));
    }
    this._withdrawn(publisher, reason, keep);
  }

  // -- subscribing --

  /** `subscribe(stream, target, properties, completion)`; all but the stream may be left out. */
  _subscribeCall(args) {
    const [stream, ...rest] = args;
    const [completion, others] = withoutCompletion(rest);
    const refused = this._subscribeFault(stream);
    if (refused) {
      refuse(this, refused, completion);
      return undefined;
    }
    const [target, properties] = placed(others);
    const subscriber = new Subscriber(this, stream, target, properties);
    this._subscribers.add(subscriber);
    complete(subscriber._opened(completion), undefined, this);
    return subscriber;
  }

  _subscribeFault(stream) {
    if (!this.isConnected()) return otError('OT_NOT_CONNECTED', 'The session is not connected: connect before subscribing.', 1501);
    if (!stream || !stream.streamId) return otError('OT_INVALID_PARAMETER', 'There is no stream to subscribe to.', 1501);
    if (!this.capabilities.permittedTo('subscribe')) return otError('OT_PERMISSION_DENIED', 'This token does not allow subscribe.', 1501);
    return undefined;
  }

  /** Whether the subscriber was one of this session. */
  unsubscribe(subscriber) {
    if (!subscriber) throw new Error('Session.unsubscribe: there is no subscriber.');
    if (!this._subscribers.delete(subscriber)) return false;
    subscriber._dispose('unsubscribed');
    return true;
  }

  // -- media --

  /** @param {IceConfig} config of peers made from now on @returns {Promise<void>} */
  setIceConfig(config) {
    return quiet((async () => { this._iceConfig = checkedIceConfig(config); })());
  }

  /** Peers that are made before the first secret stay unencrypted. @param {string} secret @returns {Promise<void>} */
  async setEncryptionSecret(secret) {
    this._encryptWith(secret);
  }

  _encryptWith(secret) {
    if (!secret || !canEncrypt()) return;
    if (this._cipher) this._cipher.change(String(secret));
    else this._cipher = new Cipher(String(secret));
  }

  _rtcConfiguration() {
    return rtcConfiguration(this._iceConfig, this._cipher !== null);
  }
}

/** What the server needs to know of a new stream. */
function described(publisher) {
  const { name = '', initials = '', videoSource, videoType = 'custom' } = publisher._properties;
  const type = SCREENS.includes(videoSource) ? 'screen' : isTrack(videoSource) ? videoType : 'camera';
  return { name, initials, videoType: type, key: publisher._key, ...publisher._state() };
}
