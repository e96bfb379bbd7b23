const SCREENS = ['screen', 'window', 'application', 'browser'];

/** Opens what the properties ask for. Resolves with {audio, video}, tracks that are the publisher's own. */
async function capture(properties) {
  const { audioSource, videoSource } = properties;
  const constraints = {};
  if (!isTrack(videoSource) && videoSource !== false && videoSource !== null && !SCREENS.includes(videoSource)) {
    constraints.video = videoConstraints(properties);
  }
  if (!isTrack(audioSource) && audioSource !== false && audioSource !== null) {
    constraints.audio = audioConstraints(properties);
  }
  const tracks = { audio: ownTrack(audioSource), video: ownTrack(videoSource) };
  try {
    if (SCREENS.includes(videoSource)) {
      const screen = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: properties.frameRate || 15 } });
      [tracks.video] = screen.getVideoTracks();
      delete constraints.audio;
      if (audioSource === true || typeof audioSource === 'string') constraints.audio = audioConstraints(properties);
    }
    if (constraints.audio || constraints.video) {
      const media = await navigator.mediaDevices.getUserMedia(constraints);
      tracks.audio = media.getAudioTracks()[0] || tracks.audio;
      tracks.video = media.getVideoTracks()[0] || tracks.video;
    }
  } catch (error) {
    [tracks.audio, tracks.video].forEach((track) => track && track.stop());
    throw captureError(error);
  }
  return tracks;
}

function isTrack(source) {
  return typeof MediaStreamTrack !== 'undefined' && source instanceof MediaStreamTrack;
}

/** A clone: the page keeps its track, and muting here does not mute another publisher of the same one. */
function ownTrack(source) {
  if (!isTrack(source)) return null;
  const track = source.clone();
  track.enabled = true;
  source.addEventListener('ended', () => track.dispatchEvent(new Event('ended')));
  return track;
}

function videoConstraints({ videoSource, resolution, frameRate }) {
  const [width, height] = (resolution || '640x480').split('x').map(Number);
  const constraints = { width: { ideal: width }, height: { ideal: height } };
  if (frameRate) constraints.frameRate = { ideal: frameRate };
  if (typeof videoSource === 'string') constraints.deviceId = { exact: videoSource };
  return constraints;
}

function audioConstraints({ audioSource, echoCancellation, noiseSuppression, autoGainControl, disableAudioProcessing }) {
  const constraints = {};
  if (typeof audioSource === 'string') constraints.deviceId = { exact: audioSource };
  const processing = { echoCancellation, noiseSuppression, autoGainControl };
  for (const [name, value] of Object.entries(processing)) {
    if (disableAudioProcessing) constraints[name] = false;
    else if (value !== undefined) constraints[name] = value;
  }
  return Object.keys(constraints).length ? constraints : true;
}

function captureError(error) {
  const names = {
    NotAllowedError: 'OT_USER_MEDIA_ACCESS_DENIED',
    SecurityError: 'OT_USER_MEDIA_ACCESS_DENIED',
    NotFoundError: 'OT_NO_DEVICES_FOUND',
    NotReadableError: 'OT_HARDWARE_UNAVAILABLE',
    OverconstrainedError: 'OT_CONSTRAINTS_NOT_SATISFIED',
  };
  return otError(names[error.name] || 'OT_UNABLE_TO_CAPTURE_MEDIA', `${error.name}: ${error.message}`);
}
