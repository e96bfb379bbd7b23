/** How a stream is sent, as a publisher's properties and methods say. */

const CODECS = ['vp8', 'vp9', 'h264'];
const MIN_OPUS_BITRATE = 6000;
const MAX_OPUS_BITRATE = 510000;

/** Refuses a list that names no codec of the vendor's. @param {any} codecs of `preferredVideoCodecs` */
function checkCodecs(codecs) {
  const listed = Array.isArray(codecs) && codecs.length > 0;
  const known = (codec) => CODECS.includes(String(codec).toLowerCase());
  if (codecs === undefined || codecs === 'automatic' || (listed && codecs.every(known))) return;
  throw otError('OT_INVALID_PARAMETER', 'preferredVideoCodecs is "automatic" or a list of vp8, vp9 and h264.', null);
}

/** Offers the codecs of this list first. @param {RTCPeerConnection} pc @param {string[]} [codecs] */
function preferCodecs(pc, codecs = []) {
  const wanted = codecs.map((codec) => `video/${codec.toLowerCase()}`);
  const rank = ({ mimeType }) => (wanted.indexOf(mimeType.toLowerCase()) + wanted.length + 1) % (wanted.length + 1);
  const all = RTCRtpSender.getCapabilities('video').codecs;
  const ordered = [...all].sort((one, other) => rank(one) - rank(other));
  for (const transceiver of pc.getTransceivers()) {
    if (wanted.length && transceiver.receiver.track.kind === 'video') transceiver.setCodecPreferences(ordered);
  }
}

/**
 * An answer that asks for the sound as wished: what an encoder of Opus does is said by the receiver.
 * @param {string} sdp @param {Record<string, any>} wishes
 */
function withOpus(sdp, { audioBitrate, stereo, dtx }) {
  const found = /a=rtpmap:(\d+) opus\/48000/i.exec(sdp);
  const wished = [audioBitrate && `maxaveragebitrate=${audioBitrate}`, stereo && 'stereo=1', dtx && 'usedtx=1'].filter(Boolean);
  if (!found || !wished.length) return sdp;
  const line = new RegExp(`(a=fmtp:${found[1]} [^\r\n]*)`);
  if (line.test(sdp)) return sdp.replace(line, `$1;${wished.join(';')}`);
  return sdp.replace(found[0], `${found[0]}\r\na=fmtp:${found[1]} ${wished.join(';')}`);
}

/** Changes all encodings of a sender. @param {RTCRtpSender} sender @param {(encoding: any) => void} change */
async function changeEncodings(sender, change) {
  const parameters = sender.getParameters();
  if (!sender.track || !parameters.encodings) return;
  parameters.encodings.forEach(change);
  await sender.setParameters(parameters);
}

/** The bitrate of an Opus encoder, or undefined if it is none. */
function opusBitrate(bitrate) {
  return bitrate >= MIN_OPUS_BITRATE && bitrate <= MAX_OPUS_BITRATE ? bitrate : undefined;
}
