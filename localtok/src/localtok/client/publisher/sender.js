/** The connections by which one published stream leaves: to recorders of the server and to other pages. */
class Sender extends Metered {
  constructor() {
    super();
    /** @type {Session | undefined | null} */
    this.session = undefined;
    /** @type {Stream | undefined | null} */
    this.stream = undefined;
    /** What is shown and sent: undefined before there is any, null after the end. @type {MediaStream | undefined | null} */
    this._media = undefined;
    /** @type {Map<string, {pc: RTCPeerConnection, recorder: boolean, to?: string, waiting: any[]}>} */
    this._peers = new Map();
  }

  /** The track of this kind that is sent. @param {'audio' | 'video'} kind @returns {MediaStreamTrack | null} */
  _output(kind) {
    return (this._media && this._media.getTracks().find((track) => track.kind === kind)) || null;
  }

  _audible() {
    return this._output('audio');
  }

  /** How this stream is sent to pages; each kind of emitter has its own. @returns {Record<string, any>} */
  _wishes() {
    return {};
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
    for (const kind of /** @type {const} */ (['audio', 'video'])) {
      const track = this._output(kind);
      if (track) pc.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
    }
    if (!more.recorder) encryptPeer(this.session._cipher, pc);
    const peer = { pc, waiting: [], ...more };
    this._peers.set(id, peer);
    return peer;
  }

  /** Sends another track of its kind to everybody. @param {MediaStreamTrack} track */
  async _resend(track) {
    await Promise.all([...this._peers.values()].map(({ pc }) => {
      const transceiver = pc.getTransceivers().find((each) => each.receiver.track.kind === track.kind);
      return transceiver ? transceiver.sender.replaceTrack(track) : undefined;
    }));
  }

  /** Offers the stream to a page that subscribes to it. */
  async _offerTo(id, to) {
    const peer = this._newPeer(id, { to, recorder: false });
    const { pc } = peer;
    preferCodecs(pc, this._wishes().codecs);
    const relay = (body) => this.session && this.session._relay(to, id, body);
    pc.onicecandidate = ({ candidate }) => candidate && relay(candidate.toJSON());
    pc.onconnectionstatechange = () => {
      if (pc.connectionState === 'failed') this._offer(peer, relay, { iceRestart: true });
      if (pc.connectionState === 'connected') this._tune(peer);
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
    else await takeRelayed(peer, body.type === 'answer' ? { ...body, sdp: withOpus(body.sdp, this._wishes()) } : body);
  }

  /** Sends to a peer at most as much as is wished. */
  _tune({ pc, recorder }) {
    const { audioBitrate, videoBitrate, scalabilityMode } = this._wishes();
    for (const sender of pc.getSenders()) {
      const video = sender.track && sender.track.kind === 'video';
      const most = video ? videoBitrate : audioBitrate;
      const maxBitrate = video && recorder ? Math.min(most || Infinity, RECORDER_MAX_BITRATE) : most;
      changeEncodings(sender, (encoding) => {
        if (maxBitrate) encoding.maxBitrate = maxBitrate;
        else delete encoding.maxBitrate;
        if (video && !recorder && scalabilityMode) encoding.scalabilityMode = scalabilityMode;
      }).catch((error) => log(2, 'encoding', error.message));
    }
  }

  _tuneAll() {
    for (const peer of this._peers.values()) this._tune(peer);
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
      this._tune(peer);
    } catch (error) {
      log(1, 'the recorder\'s answer cannot be used', error);
      this._closePeer(id);
      if (this.session) this.session._wire.request('recordFailed', { peer: id, reason: error.message }).catch(() => {});
    }
  }
}
