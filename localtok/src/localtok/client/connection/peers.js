async function takeRelayed(peer, body) {
  const { pc } = peer;
  if (body.type) {
    await pc.setRemoteDescription(body);
    for (const candidate of peer.waiting.splice(0)) await addCandidate(pc, candidate);
  } else if (pc.remoteDescription) {
    await addCandidate(pc, body);
  } else {
    peer.waiting.push(body);
  }
}

function addCandidate(pc, candidate) {
  return pc.addIceCandidate(candidate).catch((error) => log(3, 'candidate', error.message));
}

function gathered(pc) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, GATHERING_TIMEOUT_MS);
    const check = () => {
      if (pc.iceGatheringState !== 'complete') return;
      clearTimeout(timer);
      resolve();
    };
    pc.addEventListener('icegatheringstatechange', check);
    check();
  });
}

function preferVp8(pc) {
  const { codecs } = RTCRtpSender.getCapabilities('video');
  const vp8 = codecs.filter((codec) => codec.mimeType === 'video/VP8');
  const others = codecs.filter((codec) => codec.mimeType !== 'video/VP8');
  for (const transceiver of pc.getTransceivers()) {
    if (vp8.length && transceiver.receiver.track.kind === 'video') transceiver.setCodecPreferences([...vp8, ...others]);
  }
}

/** Keeps a recorded picture at its size and rate when the machine is busy. */
async function keepWhole(sender) {
  if (!sender.track || sender.track.kind !== 'video') return;
  for (const preference of ['maintain-framerate-and-resolution', 'maintain-resolution']) {
    const parameters = sender.getParameters();
    if (parameters.encodings[0]) parameters.encodings[0].maxBitrate = RECORDER_MAX_BITRATE;
    parameters.degradationPreference = preference;
    try {
      await sender.setParameters(parameters);
      return;
    } catch (error) {
      log(3, preference, error.message);
    }
  }
}

/**
 * Sends a receiver no more than it wishes: `frameRate` frames a second, `resolution` {width, height}; null for all.
 * @param {RTCPeerConnection} pc
 */
async function prefer(pc, { frameRate, resolution }) {
  const sender = pc.getSenders().find((each) => each.track && each.track.kind === 'video');
  if (!sender) return;
  const parameters = sender.getParameters();
  const { width = 0, height = 0 } = sender.track.getSettings();
  const scale = resolution ? Math.max(1, Math.min(width / resolution.width, height / resolution.height)) : 1;
  for (const encoding of parameters.encodings) {
    encoding.scaleResolutionDownBy = scale;
    if (frameRate) encoding.maxFramerate = frameRate;
    else delete encoding.maxFramerate;
  }
  await sender.setParameters(parameters);
}
