const SCREENS = ['screen', 'window', 'application', 'browser'];
const RESOLUTIONS = ['1920x1080', '1280x960', '1280x720', '640x480', '640x360', '320x240', '320x180'];
const FRAME_RATES = [1, 7, 15, 30];
const FACING_MODES = ['user', 'environment', 'left', 'right'];
const MAX_SIDE = 1920;

/** @typedef {{audio: MediaStreamTrack | null, video: MediaStreamTrack | null}} Tracks */

/**
 * Opens what the properties ask for; given tracks are used themselves.
 * @param {Record<string, any>} properties @returns {Promise<Tracks>}
 */
async function capture(properties) {
  const { audioSource, videoSource } = properties;
  const tracks = { audio: isTrack(audioSource) ? audioSource : null, video: isTrack(videoSource) ? videoSource : null };
  try {
    for (const stream of await Promise.all(captures(properties))) {
      tracks.audio = stream.getAudioTracks()[0] || tracks.audio;
      tracks.video = stream.getVideoTracks()[0] || tracks.video;
    }
  } catch (error) {
    throw error.code === undefined || error instanceof DOMException ? captureError(error) : error;
  }
  return tracks;
}

/** The requests to the browser: one at most of each kind. @returns {Promise<MediaStream>[]} */
function captures(properties) {
  const { audioSource, videoSource, constraints } = properties;
  const audio = !isOff(audioSource) && !isTrack(audioSource) && audioConstraints(properties);
  if (SCREENS.includes(videoSource)) {
    return [navigator.mediaDevices.getDisplayMedia(constraints || { video: screenConstraints(properties), audio })];
  }
  if (constraints) return [navigator.mediaDevices.getUserMedia(usable(constraints))];
  const video = !isOff(videoSource) && !isTrack(videoSource) && videoConstraints(properties);
  return audio || video ? [navigator.mediaDevices.getUserMedia({ audio, video })] : [];
}

function isTrack(source) {
  return typeof MediaStreamTrack !== 'undefined' && source instanceof MediaStreamTrack;
}

function isOff(source) {
  return source === null || source === false;
}

/** What a publisher of these properties shows: camera, screen, custom or null. @param {Record<string, any>} properties */
function videoKind({ videoSource }) {
  if (isOff(videoSource)) return null;
  return isTrack(videoSource) ? 'custom' : SCREENS.includes(videoSource) ? 'screen' : 'camera';
}

/** A page's own constraints. @param {any} constraints @returns {MediaStreamConstraints} */
function usable(constraints) {
  if (constraints.audio || constraints.video) return constraints;
  throw otError('OT_NO_VALID_CONSTRAINTS', 'The constraints ask for neither audio nor video.');
}

/** The width and height that a resolution names, or null if the vendor has no such resolution. */
function dimensions(resolution) {
  if (!RESOLUTIONS.includes(resolution)) return null;
  const [width, height] = resolution.split('x').map(Number);
  return { width, height };
}

function videoConstraints(properties) {
  const { videoSource, facingMode } = properties;
  const constraints = sizeConstraints(properties);
  if (typeof videoSource === 'string') constraints.deviceId = { exact: videoSource };
  if (FACING_MODES.includes(facingMode)) constraints.facingMode = { ideal: facingMode };
  return Object.keys(constraints).length ? constraints : true;
}

function screenConstraints(properties) {
  return sizeConstraints({ maxResolution: { width: MAX_SIDE, height: MAX_SIDE }, ...properties });
}

function sizeConstraints({ resolution, maxResolution, frameRate }) {
  /** @type {Record<string, any>} */
  const constraints = {};
  const wanted = dimensions(resolution);
  for (const side of ['width', 'height']) {
    const most = maxResolution && { max: Math.min(MAX_SIDE, Number.isFinite(maxResolution[side]) ? maxResolution[side] : MAX_SIDE) };
    if (wanted || most) constraints[side] = { ...(wanted && { ideal: wanted[side] }), ...most };
  }
  if (FRAME_RATES.includes(frameRate)) constraints.frameRate = { ideal: frameRate };
  return constraints;
}

/** The browser's own processing of the sound, unless something about it is said. */
function audioConstraints(properties) {
  const { audioSource, enableStereo, disableAudioProcessing, echoCancellation, autoGainControl, noiseSuppression } = properties;
  const processing = Object.entries({ echoCancellation, autoGainControl, noiseSuppression })
    .map(([name, value]) => [name, !disableAudioProcessing && value !== false]);
  const named = typeof audioSource === 'string';
  if (!named && !enableStereo && processing.every(([, on]) => on)) return true;
  return {
    ...(named && { deviceId: { exact: audioSource } }),
    ...(enableStereo && { channelCount: 2 }),
    ...Object.fromEntries(processing),
  };
}

const CAPTURE_ERRORS = {
  OT_USER_MEDIA_ACCESS_DENIED: ['NotAllowedError', 'SecurityError', 'PermissionDeniedError', 'PermissionDismissedError'],
  OT_NO_DEVICES_FOUND: ['NotFoundError', 'DevicesNotFoundError'],
  OT_HARDWARE_UNAVAILABLE: ['NotReadableError', 'TrackStartError'],
  OT_CONSTRAINTS_NOT_SATISFIED: ['OverconstrainedError', 'ConstraintNotSatisfiedError', 'TypeError'],
  OT_UNABLE_TO_CAPTURE_MEDIA: ['AbortError'],
};

/** An error of the browser as the library's: without a code, and of the plain name if its name is not known. */
function captureError(error) {
  const known = Object.entries(CAPTURE_ERRORS).find(([, names]) => names.includes(error.name));
  const message = `The browser opens no camera, microphone or screen: ${error.name}: ${error.message}`;
  return known ? otError(known[0], message, null) : new Error(message);
}

/** The same as the error of a publisher that does not become ready. */
function publishError(error) {
  return otError(error.name === 'Error' ? 'OT_MEDIA_ERR_ABORTED' : error.name, error.message, error.code ?? 1500);
}

/** A black picture that costs nothing: it stands in for a camera that is released. */
function blackTrack({ width, height }) {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  canvas.getContext('2d').fillRect(0, 0, width, height);
  return canvas.captureStream(1).getVideoTracks()[0];
}
