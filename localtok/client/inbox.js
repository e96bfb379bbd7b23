/** What the server tells a session, and what the page then hears of it. */
class Inbox extends Emitter {
  constructor() {
    super();
    /** @type {Connection | null} */
    this.connection = null;
    this._reset();
  }

  _reset() {
    /** @type {Map<string, Connection>} */
    this.connections = new Map();
    /** @type {Map<string, Stream>} */
    this.streams = new Map();
    /** @type {Set<string>} */
    this._archives = new Set();
    /** @type {Set<Publisher>} */
    this._publishers = new Set();
    /** @type {Set<Subscriber>} */
    this._subscribers = new Set();
  }

  getPublisherForStream(stream) {
    return [...this._publishers].find((publisher) => publisher.stream && publisher.stream.id === stream.id);
  }

  getSubscribersForStream(stream) {
    return [...this._subscribers].filter((subscriber) => subscriber.streamId === stream.id);
  }

  /**
   * Ends a publication of this page, here alone.
   * @param {Publisher} publisher @param {string} reason
   */
  _withdrawn(publisher, reason, keep = false) {
    const { stream } = publisher;
    this._publishers.delete(publisher);
    publisher.session = null;
    publisher.stream = null;
    publisher._closePeers();
    if (!stream) return;
    const event = publisher._fire('streamDestroyed', { stream, reason }, true);
    if (!event.isDefaultPrevented() && !keep) publisher._dispose();
  }

  _event(message) {
    const handlers = {
      connectionCreated: () => this._connectionCreated(message.connection),
      connectionDestroyed: () => this._connectionDestroyed(message.connection, message.reason),
      streamCreated: () => this._streamCreated(message.stream),
      streamDestroyed: () => this._streamDestroyed(message.stream, message.reason),
      streamPropertyChanged: () => this._streamChanged(message.stream),
      muteForced: () => this._muteForced(message),
      signal: () => this._signalled(message),
      archiveStarted: () => this._archiveStarted(message.archive),
      archiveStopped: () => this._archiveStopped(message.archive),
      subscribe: () => this._published(message.streamId, (publisher) => publisher._offerTo(message.peer, message.from)),
      relay: () => this._relayed(message),
      record: () => this._published(message.streamId, (publisher) => publisher._offerToRecorder(message.peer)),
      recordAnswer: () => this._ownerOf(message.peer, (publisher) => publisher._recordAnswer(message.peer, message.sdp)),
      recordEnd: () => this._ownerOf(message.peer, (publisher) => publisher._closePeer(message.peer)),
    };
    // One after the other: an answer must not overtake the offer that is still being taken.
    this._working = (this._working || Promise.resolve())
      .then(() => handlers[message.event] && handlers[message.event]())
      .catch((error) => log(1, message.event, error));
  }

  _published(streamId, work) {
    const publisher = this.getPublisherForStream({ id: streamId });
    if (publisher) this._unawaited(work(publisher));
  }

  _ownerOf(peerId, work) {
    const publisher = [...this._publishers].find((each) => each._peers.has(peerId));
    if (publisher) this._unawaited(work(publisher));
  }

  _unawaited(promise) {
    Promise.resolve(promise).catch((error) => log(1, 'peer', error));
  }

  _relayed({ from, peer, body }) {
    const subscriber = [...this._subscribers].find((each) => each._peerId === peer);
    if (subscriber) return subscriber._relayed(from, body);
    const publisher = [...this._publishers].find((each) => each._peers.has(peer));
    return publisher ? publisher._relayed(peer, body) : undefined;
  }

  _connectionCreated(properties) {
    const connection = new Connection(properties);
    this.connections.set(connection.id, connection);
    this._fire('connectionCreated', { connection });
  }

  _connectionDestroyed({ id }, reason) {
    const connection = this.connections.get(id);
    this.connections.delete(id);
    if (connection) this._fire('connectionDestroyed', { connection, reason });
  }

  _streamCreated(properties) {
    if (properties.connectionId === this.connection.id || this.streams.has(properties.id)) return;
    const stream = new Stream(properties, this.connections.get(properties.connectionId));
    this.streams.set(stream.id, stream);
    this._fire('streamCreated', { stream }, true);
  }

  _streamDestroyed({ id }, reason) {
    const own = this.getPublisherForStream({ id });
    if (own) this._withdrawn(own, reason);
    const stream = this.streams.get(id);
    if (!stream) return;
    this.streams.delete(id);
    const event = this._fire('streamDestroyed', { stream, reason }, true);
    if (event.isDefaultPrevented()) return;
    for (const subscriber of this.getSubscribersForStream(stream)) {
      this._subscribers.delete(subscriber);
      subscriber._dispose('OT_STREAM_DESTROYED');
    }
  }

  _streamChanged(properties) {
    const own = this.getPublisherForStream(properties);
    const stream = own ? own.stream : this.streams.get(properties.id);
    if (!stream) return;
    for (const [changedProperty, oldValue, newValue] of stream._take(properties)) {
      this._fire('streamPropertyChanged', { stream, changedProperty, oldValue, newValue });
      if (changedProperty === 'hasVideo') this._videoToggled(stream, newValue);
    }
  }

  _videoToggled(stream, on) {
    for (const subscriber of this.getSubscribersForStream(stream)) {
      subscriber._fire(on ? 'videoEnabled' : 'videoDisabled', { reason: 'publishVideo' }, true);
    }
  }

  _muteForced({ streamId, active }) {
    if (streamId) this._published(streamId, (publisher) => publisher._muteForced());
    else this._fire('muteForced', { active }, true);
  }

  _signalled({ type, data, from }) {
    const properties = { data, from: this.connections.get(from) || null };
    const full = type ? `signal:${type}` : 'signal';
    this._fire('signal', new OTEvent(full, this, properties));
    if (type) this._fire(full, properties);
  }

  _archiveStarted({ id, name }) {
    if (this._archives.has(id)) return;
    this._archives.add(id);
    this._fire('archiveStarted', { id, name });
  }

  _archiveStopped({ id, name }) {
    if (this._archives.delete(id)) this._fire('archiveStopped', { id, name });
  }
}
