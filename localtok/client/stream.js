class Connection {
  constructor(properties) {
    this.id = this.connectionId = properties.id;
    this.creationTime = properties.creationTime;
    this.data = properties.data;
  }
}

class Stream extends Emitter {
  constructor(properties, connection) {
    super();
    this.id = this.streamId = properties.id;
    this.connection = connection;
    this._take(properties);
  }

  /** Takes the server's properties; returns what changed, as [name, old, new]. */
  _take(properties) {
    const changed = [];
    for (const name of ['creationTime', 'name', 'videoType', 'hasAudio', 'hasVideo', 'videoDimensions', 'frameRate']) {
      if (JSON.stringify(this[name]) !== JSON.stringify(properties[name])) {
        changed.push([name, this[name], properties[name]]);
        this[name] = properties[name];
      }
    }
    return changed;
  }
}
