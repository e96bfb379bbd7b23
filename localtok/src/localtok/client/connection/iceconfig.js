/** @typedef {{includeServers: string, transportPolicy: string, customServers: RTCIceServer[]}} IceConfig */

function badIceConfig(what) {
  throw otError('OT_INVALID_PARAMETER', `iceConfig invalid: ${what}`, null);
}

/** Checks an ICE configuration in the vendor's order. @param {any} config @returns {IceConfig} */
function checkedIceConfig(config) {
  const { includeServers = 'all', transportPolicy = 'all', customServers } = config;
  if (Object(config) !== config) throw new TypeError('iceConfig is not an object.');
  if (!['all', 'custom'].includes(includeServers)) badIceConfig('.includeServers must be all or custom');
  if (!['all', 'relay'].includes(transportPolicy)) badIceConfig('.transportPolicy must be all or relay');
  if (!Array.isArray(customServers)) badIceConfig('.customServers must be an array');
  if (customServers.some((server) => 'url' in server)) badIceConfig('ice servers need .urls, not .url');
  if (!customServers.length && includeServers === 'custom' && transportPolicy === 'relay') {
    badIceConfig('.customServers must be a non empty array if .includeServers=custom and .transportPolicy=relay');
  }
  return { includeServers, transportPolicy, customServers };
}

/**
 * What peers of a session are made with: localtok has no ICE servers of its own.
 * @param {IceConfig | null} config @param {boolean} encrypted
 */
function rtcConfiguration(config, encrypted) {
  /** @type {RTCConfiguration & {encodedInsertableStreams: boolean}} */
  const found = { iceServers: config ? config.customServers : [], encodedInsertableStreams: encrypted };
  if (config && config.transportPolicy === 'relay') found.iceTransportPolicy = 'relay';
  return found;
}
