class Session extends Inbox {
  constructor(apiKey, sessionId) {
    super();
    this.apiKey = apiKey;
    this.id = this.sessionId = sessionId;
    this.currentState = 'disconnected';
    this.capabilities = {};
  }

  isConnected() {
    return this.currentState === 'connected' || this.currentState === 'reconnecting';
  }

  // -- connecting --

  connect(token, completion) {
    complete(this._connect(token), completion, this);
    return this;
  }

  async _connect(token) {
    if (this.currentState !== 'disconnected') {
      if (this.isConnected()) return;
      throw otError('OT_CONNECT_FAILED', 'The session is already connecting.');
    }
    if (!this.sessionId) throw otError('OT_INVALID_SESSION_ID', 'The session ID is missing.');
    if (!token) throw otError('OT_AUTHENTICATION_ERROR', 'The token is missing.');
    this.currentState = 'connecting';
    this._wire = new Wire({
      event: (message) => this._event(message),
      lost: () => this._stateEvent('reconnecting', 'sessionReconnecting'),
      back: () => this._stateEvent('connected', 'sessionReconnected'),
      gone: (reason) => this._gone(reason),
    });
    try {
      this._connected(await this._wire.connect({ apiKey: this.apiKey, sessionId: this.sessionId, token }));
    } catch (error) {
      this.currentState = 'disconnected';
      throw error;
    }
  }

  _stateEvent(state, type) {
    this.currentState = state;
    this._fire(type);
  }

  _connected(welcome) {
    this.currentState = 'connected';
    this.connection = new Connection(welcome.connection);
    const may = (action) => (welcome.may.includes(action) ? 1 : 0);
    this.capabilities = {
      publish: may('publish'),
      subscribe: may('subscribe'),
      signal: may('signal'),
      forceDisconnect: may('moderate'),
      forceUnpublish: may('moderate'),
      forceMute: may('moderate'),
    };
    this.connections.set(this.connection.id, this.connection);
    for (const properties of welcome.connections) this.connections.set(properties.id, new Connection(properties));
    this._fire('sessionConnected', { connections: [], streams: [] });
    this._announcePresent(welcome);
  }

  _announcePresent({ connections, streams, archives }) {
    this._fire('connectionCreated', { connection: this.connection });
    for (const { id } of connections) {
      this._fire('connectionCreated', { connection: this.connections.get(id) });
    }
    for (const properties of streams) this._streamCreated(properties);
    for (const archive of archives) this._archiveStarted(archive);
  }

  disconnect() {
    if (!this._wire || this.currentState === 'disconnected') return;
    const wire = this._wire;
    wire.request('disconnect').catch(() => {});
    wire.end('clientDisconnected');
  }

  _gone(reason) {
    this.currentState = 'disconnected';
    for (const publisher of [...this._publishers]) this._withdrawn(publisher, reason);
    const event = this._fire('sessionDisconnected', { reason }, true);
    if (!event.isDefaultPrevented()) for (const subscriber of [...this._subscribers]) subscriber._dispose('OT_DISCONNECTED');
    for (const subscriber of this._subscribers) if (subscriber._peer) subscriber._peer.pc.close();
    this._reset();
  }

  _checkConnected() {
    if (!this.isConnected()) throw otError('OT_NOT_CONNECTED', 'The session is not connected: call connect first.');
  }

  // -- publishing --

  publish(publisher, properties, completion) {
    const done = [publisher, properties, completion].find((each) => typeof each === 'function');
    const chosen = publisher instanceof Publisher
      ? publisher
      : OT.initPublisher(typeof publisher === 'function' ? undefined : publisher, typeof properties === 'function' ? {} : properties);
    complete(this._publish(chosen), done, this);
    return chosen;
  }

  async _publish(publisher) {
    this._checkConnected();
    if (publisher.session && publisher.session !== this) {
      throw otError('OT_UNABLE_TO_PUBLISH', 'The publisher is already published to another session.');
    }
    if (publisher.session === this) return;
    publisher.session = this;
    this._publishers.add(publisher);
    try {
      await publisher._ready;
      this._checkConnected();
      const { name = '', videoSource } = publisher.properties;
      const videoType = SCREENS.includes(videoSource) ? 'screen' : isTrack(videoSource) ? publisher.properties.videoType || 'custom' : 'camera';
      const { stream } = await this._wire.request('publish', { name, videoType, key: publisher.guid, ...publisher._state() });
      publisher.stream = new Stream(stream, this.connection);
      publisher._fire('streamCreated', { stream: publisher.stream });
    } catch (error) {
      publisher.session = null;
      this._publishers.delete(publisher);
      throw error;
    }
  }

  unpublish(publisher) {
    if (publisher && publisher.session === this) this._withdraw(publisher, 'unpublished');
  }

  /** Ends a publication of this page, here and on the server. */
  _withdraw(publisher, reason, keep = false) {
    if (publisher.stream && this.isConnected()) {
      this._wire.request('unpublish', { streamId: publisher.stream.id, reason }).catch((error) => log(2, error.message));
    }
    this._withdrawn(publisher, reason, keep);
  }

  // -- subscribing --

  subscribe(stream, target, properties, completion) {
    const done = [target, properties, completion].find((each) => typeof each === 'function');
    const chosen = typeof properties === 'object' && properties ? properties : {};
    const subscriber = new Subscriber(this, stream, typeof target === 'function' ? undefined : target, chosen);
    this._subscribers.add(subscriber);
    const opening = Promise.resolve().then(() => {
      this._checkConnected();
      return subscriber._open();
    });
    complete(opening, done, this);
    return subscriber;
  }

  unsubscribe(subscriber) {
    this._subscribers.delete(subscriber);
    subscriber._dispose();
  }

  // -- signals and moderation --

  /** @param {{type?: string, data?: string, to?: any}} what */
  signal({ type = '', data = '', to } = {}, completion) {
    const recipient = to && typeof to === 'object' ? to.connectionId || to.id : to;
    this._ask('signal', { type, data, to: recipient ?? null }, completion);
  }

  forceDisconnect(connection, completion) {
    const id = typeof connection === 'object' ? connection.connectionId : connection;
    this._ask('forceDisconnect', { connectionId: id }, completion);
  }

  forceUnpublish(stream, completion) {
    const id = typeof stream === 'object' ? stream.streamId : stream;
    this._ask('forceUnpublish', { streamId: id }, completion);
  }

  /** @param {any} stream @returns {Promise<void>} */
  forceMuteStream(stream) {
    return this._promise('forceMute', { streamId: stream.streamId });
  }

  /** Mutes every stream but those given, and those that are published from now on. @param {any[]} [excluded] */
  forceMuteAll(excluded = []) {
    return this._promise('forceMute', { streamId: null, active: true, excluded: excluded.map((each) => each.streamId) });
  }

  /** Streams published from now on are not muted any more. */
  disableForceMute() {
    return this._promise('forceMute', { streamId: null, active: false });
  }

  async _promise(op, body) {
    this._checkConnected();
    await this._wire.request(op, body);
  }

  _ask(op, body, completion) {
    complete(Promise.resolve().then(() => {
      this._checkConnected();
      return this._wire.request(op, body);
    }), completion, this);
  }

  _relay(to, peer, body) {
    if (this.isConnected()) this._wire.request('relay', { to, peer, body }).catch((error) => log(3, 'relay', error.message));
  }
}
