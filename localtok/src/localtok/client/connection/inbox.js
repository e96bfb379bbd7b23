/** What the server sends to a session, and the events that the page gets of it. */
class Inbox extends Emitter {
  constructor() {
    super();
    /** @type {Connection | null} */
    this.connection = null;
    /** @type {Collection<Connection>} */
    this.connections = new Collection();
    /** @type {Collection<Stream>} */
    this.streams = new Collection();
    /** @type {Collection<Archive>} */
    this.archives = new Collection();
    this._reset();
  }

  _reset() {
    for (const collection of [this.connections, this.streams, this.archives]) {
      for (const item of collection.where(() => true)) collection.remove(item);
    }
    /** @type {Set<Publisher>} */
    this._publishers = new Set();
    /** @type {Set<Subscriber>} */
    this._subscribers = new Set();
  }

  /** @param {any} stream a Stream, or its id @returns {Publisher | undefined} */
  getPublisherForStream(stream) {
    const id = typeof stream === 'string' ? stream : stream && stream.id;
    if (typeof id !== 'string') throw new Error('Session.getPublisherForStream: this is not a stream.');
    return [...this._publishers].find((publisher) => publisher.stream && publisher.stream.id === id);
  }

  /** @param {any} stream a Stream, or its id @returns {Subscriber[]} */
  getSubscribersForStream(stream) {
    const id = typeof stream === 'string' ? stream : stream.id;
    return [...this._subscribers].filter((subscriber) => subscriber.stream.id === id);
  }

  /**
   * Ends a publication of this page, here alone.
   * @param {Publisher} publisher @param {string} reason
   */
  _withdrawn(publisher, reason, keep = false) {
    const { stream } = publisher;
    this._publishers.delete(publisher);
    publisher.session = undefined;
    publisher.stream = undefined;
    publisher._closePeers();
    if (!stream) return;
    const event = publisher._dispatch(new StreamEvent('streamDestroyed', stream, reason, true));
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
    const publisher = this.getPublisherForStream(streamId);
    if (publisher) this._unawaited(work(publisher));
  }

  _ownerOf(peerId, work) {
    const publisher = [...this._publishers].find((each) => each._peers.has(peerId));
    if (publisher) this._unawaited(work(publisher));
  }

  _unawaited(promise) {
    Promise.resolve(promise).catch((error) => log(1, 'peer', error));
  }

  /** A page that subscribes to its own stream has both ends of the peer: the message says whose it is. */
  _relayed({ from, peer, body }) {
    const subscriber = [...this._subscribers].find((each) => each._peerId === peer);
    if (subscriber && !body.fromReceiver) return subscriber._relayed(from, body);
    const publisher = [...this._publishers].find((each) => each._peers.has(peer));
    return publisher ? publisher._relayed(peer, body) : undefined;
  }

  _connectionCreated(properties) {
    const connection = new Connection(properties);
    this.connections.add(connection);
    this._announceConnection('connectionCreated', connection);
  }

  _connectionDestroyed({ id }, reason) {
    const connection = this.connections.get(id);
    if (!connection) return;
    this.connections.remove(connection);
    this._announceConnection('connectionDestroyed', connection, reason);
  }

  /** Session options may suppress these events. */
  _announceConnection(type, connection, reason) {
    this._dispatch(new ConnectionEvent(type, connection, reason));
  }

  _streamCreated(properties) {
    if (properties.connectionId === this.connection.id || this.streams.has(properties.id)) return;
    const stream = new Stream(properties, this.connections.get(properties.connectionId));
    this.streams.add(stream);
    this._dispatch(new StreamEvent('streamCreated', stream, undefined, false));
  }

  _streamDestroyed({ id }, reason) {
    const own = this.getPublisherForStream(id);
    if (own) this._withdrawn(own, reason);
    const stream = this.streams.get(id);
    if (!stream) return;
    this.streams.remove(stream);
    const event = this._dispatch(new StreamEvent('streamDestroyed', stream, reason, true));
    if (event.isDefaultPrevented()) return;
    for (const subscriber of this.getSubscribersForStream(stream)) {
      this._subscribers.delete(subscriber);
      subscriber._dispose('streamDestroyed');
    }
  }

  _streamChanged(properties) {
    const own = this.getPublisherForStream(properties);
    const stream = own ? own.stream : this.streams.get(properties.id);
    if (!stream) return;
    for (const [name, before, after] of stream._take(properties)) {
      this._dispatch(new StreamPropertyChangedEvent('streamPropertyChanged', stream, name, before, after));
      for (const subscriber of this.getSubscribersForStream(stream)) subscriber._streamChanged(name, after);
    }
  }

  _muteForced({ streamId, active }) {
    if (streamId) this._published(streamId, (publisher) => publisher._muteForced());
    else this._dispatch(new MuteForcedEvent({ active }));
  }

  _signalled({ type, data, from }) {
    const event = new SignalEvent(type, data, this.connections.get(from) || null);
    this.trigger('signal', Object.assign(event, { target: this }));
    if (type) this.dispatchEvent(event);
  }

  _archiveStarted(properties) {
    if (this.archives.has(properties.id)) return;
    const archive = new Archive(properties);
    this.archives.add(archive);
    this._showArchiving();
    this._dispatch(new ArchiveEvent('archiveStarted', archive));
  }

  _archiveStopped({ id }) {
    const archive = this.archives.get(id);
    if (!archive) return;
    this.archives.remove(archive);
    archive.status = 'stopped';
    this._showArchiving();
    this._dispatch(new ArchiveEvent('archiveStopped', archive));
  }

  /** Publishers show that an archive runs. */
  _showArchiving() {
    for (const publisher of this._publishers) publisher._archived(this.archives.length() > 0);
  }
}
