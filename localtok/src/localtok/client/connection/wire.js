/** Requests and events over one WebSocket, which it opens again within the server's grace period. */
class Wire {
  /** @param {{event: (message: any) => void, lost: () => void, back: () => void, gone: (reason: string) => void}} owner */
  constructor(owner) {
    this.owner = owner;
    this.number = 0;
    this.seen = 0;
    this.pending = new Map();
    this.closed = false;
  }

  async connect(greeting) {
    try {
      const welcome = await this.open({ op: 'connect', ...greeting });
      this.resumeKey = welcome.resumeKey;
      this.connectionId = welcome.connection.id;
      this.graceMs = welcome.graceMs;
      this.pinger = setInterval(() => this.ping(), PING_EVERY_MS);
      return welcome;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Opens a socket and sends its first message; resolves with the answer. */
  open(greeting) {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(SOCKET_URL);
      const failed = () => reject(otError('OT_CONNECT_FAILED', `Unable to reach ${SERVER}.`));
      const number = this.nextNumber();
      const timer = setTimeout(() => { failed(); socket.close(); }, REQUEST_TIMEOUT_MS);
      socket.onopen = () => socket.send(JSON.stringify({ id: number, ...greeting }));
      socket.onmessage = (message) => this.receive(socket, JSON.parse(message.data));
      socket.onclose = () => { failed(); this.onClose(socket); };
      this.pending.set(number, {
        resolve: (answer) => { this.socket = socket; resolve(answer); },
        reject,
        timer,
      });
    });
  }

  nextNumber() {
    this.number += 1;
    return this.number;
  }

  /** Sends a request; one that falls into a lost socket is sent again on the next. */
  request(op, body = {}) {
    if (this.closed) return Promise.reject(otError('OT_NOT_CONNECTED', 'Not connected to the session.'));
    return new Promise((resolve, reject) => {
      const number = this.nextNumber();
      const timer = setTimeout(() => {
        this.pending.delete(number);
        reject(otError('OT_TIMEOUT', `The server did not answer to ${op}.`));
      }, REQUEST_TIMEOUT_MS + (this.graceMs || 0));
      const text = JSON.stringify({ id: number, op, ...body });
      this.pending.set(number, { resolve, reject, timer, text });
      if (this.socket && this.socket.readyState === WebSocket.OPEN) this.socket.send(text);
    });
  }

  receive(socket, message) {
    if (message.n) this.seen = message.n;
    if (message.event === 'sessionDisconnected') {
      this.end(message.reason);
    } else if (message.event) {
      this.owner.event(message);
    } else if (this.pending.has(message.re)) {
      const { resolve, reject, timer } = this.pending.get(message.re);
      this.pending.delete(message.re);
      clearTimeout(timer);
      if (message.error) reject(otError(message.error.name, message.error.message, message.error.code));
      else resolve(message);
    }
  }

  ping() {
    if (!this.socket || this.socket.readyState !== WebSocket.OPEN) return;
    const { socket } = this;
    this.request('ping').catch(() => { if (this.socket === socket) this.onClose(socket); });
  }

  onClose(socket) {
    if (this.closed || this.socket !== socket) return;
    this.socket = null;
    this.owner.lost();
    this.resume(Date.now() + this.graceMs);
  }

  async resume(deadline) {
    while (!this.closed && Date.now() < deadline) {
      try {
        await this.open({ op: 'resume', connectionId: this.connectionId, resumeKey: this.resumeKey, seen: this.seen });
        for (const { text } of this.pending.values()) if (text) this.socket.send(text);
        this.owner.back();
        return;
      } catch (error) {
        if (error.name === 'OT_NOT_CONNECTED') break;
        await new Promise((wake) => { setTimeout(wake, RECONNECT_EVERY_MS); });
      }
    }
    this.end('networkDisconnected');
  }

  end(reason) {
    if (this.closed) return;
    this.close();
    this.owner.gone(reason);
  }

  close() {
    this.closed = true;
    clearInterval(this.pinger);
    if (this.socket) this.socket.close(1000);
    for (const { reject, timer } of this.pending.values()) {
      clearTimeout(timer);
      reject(otError('OT_NOT_CONNECTED', 'The connection has ended.'));
    }
    this.pending.clear();
  }
}
