/** Media processor connectors: objects of a page that turn a track into another. */

/** @typedef {{setTrack: (track: MediaStreamTrack) => Promise<MediaStreamTrack>, destroy: () => Promise<void>}} Connector */

/** @param {any} connector */
function checkConnector(connector) {
  const usable = connector && typeof connector.setTrack === 'function' && typeof connector.destroy === 'function';
  if (!usable) throw otError('OT_INVALID_PARAMETER', 'A connector has the methods setTrack and destroy.', null);
}

/** The connector of one track at a time. */
class Processing {
  /** @param {(track: MediaStreamTrack) => void | Promise<void>} show takes the track to use from now on */
  constructor(show) {
    this.show = show;
    /** @type {Connector | null} */
    this.connector = null;
  }

  /** Whether null is given and there is no connector to remove. @param {Connector | null} connector */
  isIdle(connector) {
    return connector === null && this.connector === null;
  }

  /** @param {Connector | null} connector @param {MediaStreamTrack | undefined} track the unprocessed one */
  async use(connector, track) {
    if (connector !== null) checkConnector(connector);
    if (!track) {
      if (connector !== null) throw new Error('The connector is not set: there is no track.');
      return;
    }
    const old = this.connector;
    this.connector = connector;
    if (old) await old.destroy();
    await this.show(connector ? await connector.setTrack(track) : track);
  }

  stop() {
    if (this.connector) quiet(Promise.resolve(this.connector.destroy()));
    this.connector = null;
  }
}
