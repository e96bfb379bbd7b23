/** The connections by which one published stream leaves: to recorders of the server and to other pages. */
class Sender extends Audible {
  /** @param {Record<string, any>} properties */
  constructor(properties) {
    super();
    this.properties = properties;
    /** @type {any} */
    this.session = null;
    /** @type {Record<string, MediaStreamTrack | null>} */
    this.tracks = { audio: null, video: null };
    /** @type {Map<string, {pc: RTCPeerConnection, recorder: boolean, to?: string, waiting: any[]}>} */
    this._peers = new Map();
  }

  _audible() {
    return this.tracks.audio;
  }


  _closePeers() {
    for (const id of [...this._peers.keys()]) this._closePeer(id);
  }

  _closePeer(id) {
    const peer = this._peers.get(id);
    this._peers.delete(id);
    if (peer) peer.pc.close();
  }

  _newPeer(id, more) {
    const pc = new RTCPeerConnection(more.recorder ? { iceServers: [] } : this.session._rtcConfiguration());
    const stream = new MediaStream();
    for (const kind of ['audio', 'video']) {
      if (this.tracks[kind] || this.properties[`${kind}Source`] === undefined) {
        pc.addTransceiver(this.tracks[kind] || kind, { direction: 'sendonly', streams: [stream] });
      }
    }
    if (!more.recorder) encryptPeer(this.session._cipher, pc);
    const peer = { pc, waiting: [], ...more };
    this._peers.set(id, peer);
    return peer;
  }

  /** Offers the stream to a page that subscribes to it. */
  async _offerTo(id, to) {
    const peer = this._newPeer(id, { to, recorder: false });
    const { pc } = peer;
    const relay = (body) => this.session && this.session._relay(to, id, body);
    pc.onicecandidate = ({ candidate }) => candidate && relay(candidate.toJSON());
    pc.onconnectionstatechange = () => {
      if (pc.connectionState === 'failed') this._offer(peer, relay, { iceRestart: true });
    };
    await this._offer(peer, relay);
  }

  async _offer({ pc }, relay, options) {
    await pc.setLocalDescription(await pc.createOffer(options));
    relay({ type: 'offer', sdp: pc.localDescription.sdp });
  }

  async _relayed(id, body) {
    const peer = this._peers.get(id);
    if (!peer) return;
    if (body.type === 'bye') this._closePeer(id);
    else if (body.type === 'prefer') await prefer(peer.pc, body);
    else await takeRelayed(peer, body);
  }

  /** Sends the stream to a recorder of the server, all in one offer. */
  async _offerToRecorder(id) {
    const peer = this._newPeer(id, { recorder: true });
    const { pc } = peer;
    preferVp8(pc);
    const failed = (reason) => {
      if (!this._peers.has(id)) return;
      this._closePeer(id);
      if (this.session) this.session._wire.request('recordFailed', { peer: id, reason }).catch(() => {});
    };
    pc.onconnectionstatechange = () => pc.connectionState === 'failed' && failed('connection failed');
    try {
      await pc.setLocalDescription(await pc.createOffer());
      await gathered(pc);
      if (this.session) await this.session._wire.request('recordOffer', { peer: id, sdp: pc.localDescription.sdp });
    } catch (error) {
      failed(error.message);
    }
  }

  async _recordAnswer(id, sdp) {
    const peer = this._peers.get(id);
    if (!peer) return;
    try {
      await peer.pc.setRemoteDescription({ type: 'answer', sdp });
      await Promise.all(peer.pc.getSenders().map(keepWhole));
    } catch (error) {
      log(1, 'the recorder\'s answer cannot be used', error);
      this._closePeer(id);
      if (this.session) this.session._wire.request('recordFailed', { peer: id, reason: error.message }).catch(() => {});
    }
  }
}
