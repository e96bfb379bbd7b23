class Connection {
  /** @param {{id: string, creationTime: number, data: string}} properties as the server has them */
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
    /** @type {string} */
    this.streamId = properties.id;
    this.id = this.streamId;
    /** @type {Connection} */
    this.connection = connection;
    /** @type {number} */ this.creationTime;
    /** @type {number} */ this.frameRate;
    /** @type {string} */ this.name;
    /** @type {{width: number, height: number}} */ this.videoDimensions;
    /** @type {'camera' | 'screen' | 'custom' | undefined} */ this.videoType;
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
