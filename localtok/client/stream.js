class Connection {
  constructor(properties) {
    this.id = this.connectionId = properties.id;
    this.creationTime = properties.creationTime;
    this.data = properties.data;
  }
}

class Archive {
  constructor({ id, name, status = 'started' }) {
    this.id = id;
    this.name = name;
    this.status = status;
  }
}

const STREAM_PROPERTIES = [
  ...['creationTime', 'name', 'initials', 'videoType', 'hasAudio', 'hasVideo', 'hasCaptions'],
  ...['videoDimensions', 'frameRate'],
];
// Other changes are taken without an event.
const ANNOUNCED = ['hasAudio', 'hasVideo', 'hasCaptions', 'videoDimensions'];

class Stream extends Emitter {
  constructor(properties, connection) {
    super();
    this.id = this.streamId = properties.id;
    this.connection = connection;
    this.initials = '';
    this.hasAudio = this.hasVideo = this.hasCaptions = false;
    this._take(properties);
  }

  /** Takes the server's properties; returns the changes that are announced, as [name, old, new]. */
  _take(properties) {
    const changed = [];
    for (const name of STREAM_PROPERTIES) {
      if (properties[name] === undefined || JSON.stringify(this[name]) === JSON.stringify(properties[name])) continue;
      changed.push([name, this[name], properties[name]]);
      this[name] = properties[name];
    }
    return changed.filter(([name]) => ANNOUNCED.includes(name));
  }
}
