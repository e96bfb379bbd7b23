/**
 * End-to-end encryption between pages: encoded frames are encrypted by AES-GCM with a key made of the session's secret.
 * Recorders of the server receive plain frames.
 */

const KEY_ROUNDS = 100000;
const IV_BYTES = 12;
// What a packetizer reads of a frame stays readable.
const CLEAR_BYTES = { audio: 1, key: 10, delta: 3 };

function canEncrypt() {
  return 'createEncodedStreams' in RTCRtpSender.prototype && Boolean(crypto.subtle);
}

/** @param {string} secret @returns {Promise<CryptoKey>} */
async function keyOf(secret) {
  const text = new TextEncoder();
  const raw = await crypto.subtle.importKey('raw', text.encode(secret), 'PBKDF2', false, ['deriveKey']);
  const derivation = { name: 'PBKDF2', salt: text.encode('localtok'), iterations: KEY_ROUNDS, hash: 'SHA-256' };
  return crypto.subtle.deriveKey(derivation, raw, { name: 'AES-GCM', length: 128 }, false, ['encrypt', 'decrypt']);
}

class Cipher {
  /** @param {string} secret */
  constructor(secret) {
    this.change(secret);
  }

  /** Frames from now on. @param {string} secret */
  change(secret) {
    this.key = keyOf(secret);
  }

  async encrypt(frame) {
    const head = headOf(frame);
    const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
    const body = new Uint8Array(frame.data, head.length);
    const algorithm = { name: 'AES-GCM', iv, additionalData: head };
    const sealed = await crypto.subtle.encrypt(algorithm, await this.key, body);
    frame.data = joined(head, new Uint8Array(sealed), iv);
    return frame;
  }

  /** Fails if the frame was encrypted with another secret, or not at all. */
  async decrypt(frame) {
    const head = headOf(frame);
    const end = frame.data.byteLength - IV_BYTES;
    if (end <= head.length) throw new Error('the frame is not encrypted');
    const algorithm = { name: 'AES-GCM', iv: new Uint8Array(frame.data, end), additionalData: head };
    const body = new Uint8Array(frame.data, head.length, end - head.length);
    frame.data = joined(head, new Uint8Array(await crypto.subtle.decrypt(algorithm, await this.key, body)));
    return frame;
  }
}

function headOf(frame) {
  const length = CLEAR_BYTES[frame.type] || CLEAR_BYTES.audio;
  return new Uint8Array(frame.data.slice(0, length));
}

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  parts.reduce((offset, part) => { whole.set(part, offset); return offset + part.length; }, 0);
  return whole.buffer;
}

/**
 * Sends the frames of an RTCRtpSender or RTCRtpReceiver through `work`; frames that it returns nothing for are dropped.
 * @param {any} side @param {(frame: any) => Promise<any>} work
 */
function throughFrames(side, work) {
  const { readable, writable } = side.createEncodedStreams();
  const transform = new TransformStream({
    transform: async (frame, controller) => {
      const done = await work(frame);
      if (done) controller.enqueue(done);
    },
  });
  readable.pipeThrough(transform).pipeTo(writable).catch((error) => log(LEVELS.DEBUG, 'frames', error.message));
}

/** @param {Cipher | null} cipher @param {RTCPeerConnection} pc */
function encryptPeer(cipher, pc) {
  if (!cipher) return;
  for (const sender of pc.getSenders()) throughFrames(sender, (frame) => cipher.encrypt(frame));
}

/** Decrypts what arrives; calls `matches(whether)` for every frame. @param {Cipher | null} cipher @param {any} receiver */
function decryptReceiver(cipher, receiver, matches) {
  if (!cipher) return;
  throughFrames(receiver, async (frame) => {
    try {
      const plain = await cipher.decrypt(frame);
      matches(true);
      return plain;
    } catch {
      matches(false);
      return null;
    }
  });
}
