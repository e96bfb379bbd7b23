/** @typedef {{bytesSent: number, packetsSent: number, packetsLost: number, frameRate?: number}} Sent */
/** @typedef {{bytesReceived: number, packetsReceived: number, packetsLost: number, frameRate?: number}} Received */

/** @param {RTCStatsReport} report @returns {{timestamp: number, audio?: Sent, video?: Sent}} */
function sentStats(report) {
  /** @type {Record<string, any>} */
  const stats = { timestamp: Date.now() };
  report.forEach((entry) => {
    if (entry.type === 'outbound-rtp') {
      const { bytesSent, packetsSent } = entry;
      stats[entry.kind] = { packetsLost: 0, ...stats[entry.kind], bytesSent, packetsSent };
      if (entry.kind === 'video') stats.video.frameRate = entry.framesPerSecond || 0;
    } else if (entry.type === 'remote-inbound-rtp') {
      stats[entry.kind] = { ...stats[entry.kind], packetsLost: entry.packetsLost };
    }
  });
  return /** @type {any} */ (stats);
}

/** @param {RTCStatsReport | Map<string, any>} report @returns {{timestamp: number, audio?: Received, video?: Received}} */
function receivedStats(report) {
  /** @type {Record<string, any>} */
  const stats = { timestamp: Date.now() };
  report.forEach((/** @type {any} */ entry) => {
    if (entry.type !== 'inbound-rtp') return;
    const { bytesReceived, packetsReceived, packetsLost } = entry;
    stats[entry.kind] = { bytesReceived, packetsReceived, packetsLost };
    if (entry.kind === 'video') stats.video.frameRate = entry.framesPerSecond || 0;
  });
  return /** @type {any} */ (stats);
}
