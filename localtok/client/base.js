/** @typedef {{name: string, message: string, code: number}} OTError */
/** @typedef {(error?: OTError) => void} Completion */

const SERVER = new URL(/** @type {HTMLScriptElement} */ (document.currentScript).src).origin;
const SOCKET_URL = SERVER.replace(/^http/, 'ws') + '/signalling';
const REQUEST_TIMEOUT_MS = 10000;
const PING_EVERY_MS = 5000;
const RECONNECT_EVERY_MS = 1000;
const GATHERING_TIMEOUT_MS = 2000;
const SUBSCRIBE_TIMEOUT_MS = 20000;
// A browser that remembers its permission answers sooner than anybody can click.
const DIALOG_AFTER_MS = 500;
// Enough for a 1280x720 picture that stays sharp: the recorder has no second chance.
const RECORDER_MAX_BITRATE = 3000000;

const CODES = {
  OT_AUTHENTICATION_ERROR: 1004,
  OT_INVALID_SESSION_ID: 1005,
  OT_CONNECT_FAILED: 1006,
  OT_NOT_CONNECTED: 1010,
  OT_INVALID_PARAMETER: 1011,
  OT_USER_MEDIA_ACCESS_DENIED: 1500,
  OT_UNABLE_TO_CAPTURE_MEDIA: 1500,
  OT_NO_DEVICES_FOUND: 1500,
  OT_HARDWARE_UNAVAILABLE: 1500,
  OT_CONSTRAINTS_NOT_SATISFIED: 1500,
  OT_PERMISSION_DENIED: 1500,
  OT_NO_VALID_CONSTRAINTS: 1500,
  OT_UNABLE_TO_PUBLISH: 1500,
  OT_STREAM_CREATE_FAILED: 1500,
  OT_CREATE_PEER_CONNECTION_FAILED: 1610,
  OT_ICE_WORKFLOW_FAILED: 1610,
  OT_STREAM_NOT_FOUND: 1535,
  OT_STREAM_DESTROYED: 1535,
  OT_DISCONNECTED: 1606,
  OT_TIMEOUT: 1541,
  OT_UNEXPECTED_SERVER_RESPONSE: 2001,
};

let logLevel = 1;
/** @param {number} level @param {...any} what */
function log(level, ...what) {
  if (level <= logLevel) (level <= 1 ? console.error : console.log)('[OT]', ...what);
}

/** @param {string} name @param {string} message @returns {Error & OTError} */
function otError(name, message, code = CODES[name] || 2000) {
  return Object.assign(new Error(message), { name, code });
}

/** Runs a page's handler; what it throws is reported and stops nobody else. */
function call(handler, context, ...args) {
  if (typeof handler !== 'function') return;
  try {
    handler.apply(context, args);
  } catch (error) {
    setTimeout(() => { throw error; });
  }
}

/** Calls back with the outcome of a promise; what fails is an exception of the library, too. */
function complete(promise, completion, context) {
  promise.then(() => call(completion, context), (error) => {
    log(2, error.name, error.message);
    call(completion, context, error);
    OT._exception(error, context);
  });
}

function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const hex = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
