const SERVER = new URL(/** @type {HTMLScriptElement} */ (document.currentScript).src).origin;
const SOCKET_URL = SERVER.replace(/^http/, 'ws') + '/signalling';
const REQUEST_TIMEOUT_MS = 10000;
const PING_EVERY_MS = 5000;
const RECONNECT_EVERY_MS = 1000;
const GATHERING_TIMEOUT_MS = 2000;
const SUBSCRIBE_TIMEOUT_MS = 20000;
// As long the vendor's library waits for the first picture of a publisher.
const FIRST_PICTURE_MS = 5000;
// A browser that remembers its permission answers sooner than anybody can click.
const DIALOG_AFTER_MS = 500;
// Enough for a 1280x720 picture that stays sharp: the recorder has no second chance.
const RECORDER_MAX_BITRATE = 3000000;

const LEVELS = { NONE: 0, ERROR: 1, WARN: 2, INFO: 3, LOG: 4, DEBUG: 5, SPAM: 6 };

let logLevel = LEVELS.ERROR;
/** @param {number} level @param {...any} what */
function log(level, ...what) {
  if (level > logLevel) return;
  const write = [null, console.error, console.warn, console.info, console.log, console.debug, console.debug][level];
  if (write) write('[OT]', ...what);
}

function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const hex = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
