/** @typedef {{bytesSent: number, packetsSent: number, packetsLost: number, frameRate?: number}} Sent */

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

/**
 * The vendor's SubscriberStats: rates in bits and frames a second, durations in seconds.
 * @param {any} report @param {any} before the statistics that were read before these, if any
 * @returns {OT.SubscriberStats}
 */
function receivedStats(report, before) {
  const entries = [...report.values()];
  const arriving = (kind) => entries.find((entry) => entry.type === 'inbound-rtp' && entry.kind === kind);
  const timestamp = Date.now();
  const video = arriving('video');
  return {
    timestamp,
    audio: packets(arriving('audio')),
    video: { ...packets(video), ...pictures(video, entries), ...bitrates(video, timestamp, before) },
    mediaLink: {
      transport: transportOf(entries),
      remotePublisherTransport: UNKNOWN_TRANSPORT,
      networkDegradationSource: 'none',
    },
  };
}

function packets(entry) {
  const { bytesReceived = 0, packetsReceived = 0, packetsLost = 0 } = entry || {};
  return { bytesReceived, packetsReceived, packetsLost };
}

function pictures(entry, entries) {
  const inbound = entry || {};
  const codec = entries.find((each) => each.id === inbound.codecId);
  return {
    codec: codec ? codec.mimeType.replace('video/', '') : '',
    width: inbound.frameWidth || 0,
    height: inbound.frameHeight || 0,
    frameRate: inbound.framesPerSecond || 0,
    decodedFrameRate: inbound.framesPerSecond || 0,
    pauseCount: inbound.pauseCount || 0,
    totalPausesDuration: inbound.totalPausesDuration || 0,
    freezeCount: inbound.freezeCount || 0,
    totalFreezesDuration: inbound.totalFreezesDuration || 0,
  };
}

function bitrates(entry, timestamp, before) {
  const { bytesReceived } = packets(entry);
  const bytes = before ? bytesReceived - before.video.bytesReceived : 0;
  const seconds = before ? (timestamp - before.timestamp) / 1000 : 0;
  const bitrate = seconds > 0 ? Math.round((8 * bytes) / seconds) : 0;
  return { bitrate, totalBitrate: bitrate };
}

/** @type {OT.TransportStats} */
const UNKNOWN_TRANSPORT = { connectionEstimatedBandwidth: 0, networkCondition: 'unknown', networkConditionReason: 'unknown' };

/** localtok rates no network: only the browser's own estimate is known. */
function transportOf(entries) {
  const pair = entries.find((each) => each.type === 'candidate-pair' && each.nominated);
  const estimate = pair && (pair.availableIncomingBitrate || pair.availableOutgoingBitrate);
  return { ...UNKNOWN_TRANSPORT, connectionEstimatedBandwidth: estimate || 0 };
}
