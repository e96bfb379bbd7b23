/** @typedef {{name: string, message: string, code?: number}} OTError */

/** Codes of errors by name; an error of a name without a code has none, as the vendor's. */
const CODES = {
  OT_AUTHENTICATION_ERROR: 1004,
  OT_INVALID_SESSION_ID: 1005,
  OT_CONNECT_FAILED: 1006,
  OT_NOT_CONNECTED: 1010,
  OT_INVALID_PARAMETER: 1011,
  OT_PEER_CONNECTION_NOT_CONNECTED: 1015,
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
  OT_REPORT_ISSUE_FAILED: 2011,
  OT_PROXY_URL_TIMING_ERROR: 2021,
  OT_PROXY_URL_ALREADY_SET: 2022,
};

/** `OT.ExceptionCodes`, as the vendor's library shows them. */
const EXCEPTION_CODES = {
  JS_EXCEPTION: 2000,
  AUTHENTICATION_ERROR: 1004,
  INVALID_SESSION_ID: 1005,
  CONNECT_FAILED: 1006,
  CONNECT_REJECTED: 1007,
  CONNECTION_TIMEOUT: 1008,
  NOT_CONNECTED: 1010,
  INVALID_PARAMETER: 1011,
  P2P_CONNECTION_FAILED: 1013,
  API_RESPONSE_FAILURE: 1014,
  PEER_CONNECTION_NOT_CONNECTED: 1015,
  TERMS_OF_SERVICE_FAILURE: 1026,
  CONNECTION_LIMIT_EXCEEDED: 1027,
  UNABLE_TO_PUBLISH: 1500,
  UNABLE_TO_SUBSCRIBE: 1501,
  UNSUPPORTED_VIDEO_CODEC: 1502,
  UNABLE_TO_FORCE_DISCONNECT: 1520,
  UNABLE_TO_FORCE_UNPUBLISH: 1530,
  UNABLE_TO_FORCE_MUTE: 1540,
  PUBLISHER_ICE_WORKFLOW_FAILED: 1553,
  SUBSCRIBER_ICE_WORKFLOW_FAILED: 1554,
  STREAM_LIMIT_EXCEEDED: 1605,
  UNEXPECTED_SERVER_RESPONSE: 2001,
  REPORT_ISSUE_ERROR: 2011,
  SET_PROXY_URL_TIMING_ERROR: 2021,
  PROXY_URL_ALREADY_SET_ERROR: 2022,
  GET_RTC_STATS_REPORT_NOT_SUPPORTED: 2031,
  ANVIL_BADLY_FORMED_RESPONSE: 3001,
  ANVIL_INVALID_HTTP_STATUS: 3002,
  ANVIL_XDOMAIN_OR_PARSING_ERROR: 3003,
  ANVIL_UNKNOWN_HTTP_ERROR: 3004,
  ANVIL_UNEXPECTED_ERROR_CODE: 3005,
  ANVIL_EMPTY_RESPONSE_BODY: 3006,
  ANVIL_CONNECT_FAILED: 3007,
  UNABLE_TO_ACCESS_MEDIA_ENGINE: 5001,
};

/** Titles of `exception` events by code, as the vendor's library shows them. */
const TITLES = {
  1004: 'Authentication error',
  1005: 'Invalid Session ID',
  1006: 'Connect Failed',
  1007: 'Connect Rejected',
  1008: 'Connect Time-out',
  1009: 'Security Error',
  1010: 'Not Connected',
  1011: 'Invalid Parameter',
  1012: 'Peer-to-peer Stream Play Failed',
  1013: 'Connection Failed',
  1014: 'API Response Failure',
  1015: 'PeerConnection not connected, cannot call this method',
  1021: 'Request Timeout',
  1026: 'Terms of Service Violation: Export Compliance',
  1027: 'Connection Limit Exceeded',
  1040: 'Set Video Source Failure',
  1041: 'Invalid Video Source',
  1500: 'Unable to Publish',
  1501: 'Unable to Subscribe',
  1502: 'Unsupported Video Codec',
  1503: 'No TURN server found',
  1520: 'Unable to Force Disconnect',
  1530: 'Unable to Force Unpublish',
  1540: 'Unable to Force Mute',
  1553: 'Publisher ICEWorkflow failed',
  1554: 'Subscriber ICEWorkflow failed',
  1600: 'createOffer, createAnswer, setLocalDescription, setRemoteDescription',
  1605: 'Stream Limit Exceeded',
  2000: 'Internal Error',
  2001: 'Unexpected Server Response',
  2021: 'Proxy URL Timing Error',
  2022: 'Proxy URL Already Set Error',
  2031: 'getRtcStatsReport is not supported in this browser',
  4000: 'WebSocket Connection Failed',
  4001: 'WebSocket Network Disconnected',
  5001: 'Unable to access media engine',
};

/** `OT.Error`: fields are the error's own, so that they survive JSON. */
class OTErrorClass extends Error {
  /** @param {number | undefined} code @param {string} message */
  constructor(code, message) {
    super();
    this.code = code;
    this.message = message;
  }
}

/** @param {string} name @param {string} message @param {number | null} [code] null for none @returns {Error & OTError} */
function otError(name, message, code = CODES[name]) {
  const error = new OTErrorClass(code === null ? undefined : code, message);
  error.name = name;
  return Object.defineProperty(error, 'stack', { value: `${name}: ${error.stack}`, enumerable: true });
}
