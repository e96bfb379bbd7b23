/**
 * The vendor's PublisherStats of one receiver: rates in bits and frames a second.
 * @param {any} report @param {OT.PublisherStats} [before] the statistics that were read before these
 * @returns {OT.PublisherStats}
 */
function sentStats(report, before) {
  const entries = [...report.values()];
  const [timestamp, transport, sent] = [Date.now(), transportOf(entries), sentPackets(entries, 'video')];
  const video = entries.find((entry) => entry.type === 'outbound-rtp' && entry.kind === 'video');
  const bytes = before ? sent.bytesSent - before.video.bytesSent : 0;
  const bitrate = before ? Math.round((8000 * bytes) / Math.max(1, timestamp - before.timestamp)) : 0;
  return {
    timestamp,
    audio: sentPackets(entries, 'audio'),
    video: { ...sent, frameRate: (video && video.framesPerSecond) || 0, layers: video ? [layer(video, entries, bitrate)] : [] },
    mediaLink: { transport },
    transportStats: transport,
  };
}

/** The one layer: there is no simulcast. @returns {OT.VideoLayerStats} */
function layer(outbound, entries, bitrate) {
  const { codecId, frameWidth = 0, frameHeight = 0, framesPerSecond = 0, qualityLimitationReason, scalabilityMode } = outbound;
  const codec = entries.find((each) => each.id === codecId);
  return {
    codec: codec ? codec.mimeType.replace('video/', '') : '',
    ...{ width: frameWidth, height: frameHeight, encodedFrameRate: framesPerSecond, bitrate, totalBitrate: bitrate },
    ...{ qualityLimitationReason, scalabilityMode },
  };
}

/** @returns {OT.OutgoingTrackStats} */
function sentPackets(entries, kind) {
  const of = (type) => entries.find((entry) => entry.type === type && entry.kind === kind) || {};
  const { bytesSent = 0, packetsSent = 0 } = of('outbound-rtp');
  return { bytesSent, packetsSent, packetsLost: of('remote-inbound-rtp').packetsLost || 0 };
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
