/** What a connection may do: 1 or 0 by name. All is 0 before connecting. */
class Capabilities {
  /** @param {string[]} may the actions that the server allows: publish, subscribe, moderate … */
  constructor(may = []) {
    const allowed = (action) => (may.includes(action) ? 1 : 0);
    this.publish = allowed('publish');
    this.subscribe = allowed('subscribe');
    this.forceUnpublish = allowed('moderate');
    this.forceDisconnect = allowed('moderate');
    this.forceMute = allowed('moderate');
    this.supportsE2ee = canEncrypt() ? 1 : 0;
    this.supportsWebRTC = 1;
    /** @type {(action: string) => boolean} */
    this.permittedTo = (action) => this[action] === 1;
  }
}
