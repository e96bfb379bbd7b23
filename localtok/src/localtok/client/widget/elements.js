function size(value, otherwise) {
  if (value === undefined || value === null || value === '') return otherwise;
  return /^\d+$/.test(String(value)) ? `${value}px` : String(value);
}

/** The element that shows a picture, put into the page as `insertMode` says. */
function mount(target, properties, kind, id) {
  const box = inserted(target, properties.insertMode);
  // As the vendor's: ids that the library makes have underscores where it also made the place.
  if (!box.id) box.id = box.parentElement === document.body && !targetOf(target) ? id.replaceAll('-', '_') : id;
  box.replaceChildren();
  insertLook();
  box.classList.add('OT_root', kind, `OT_fit-mode-${fitMode(properties)}`);
  Object.assign(box.style, {
    width: size(properties.width, '264px'),
    height: size(properties.height, '198px'),
    overflow: 'hidden',
  });
  return box;
}

/** The element that a target names, an id or the element itself; null if there is none. @returns {HTMLElement | null} */
function targetOf(target) {
  return target instanceof HTMLElement ? target : document.getElementById(target);
}

/** A screen is shown whole, if nothing is said. */
function fitMode({ fitMode: wanted, videoSource }) {
  if (wanted === 'contain' || wanted === 'cover') return wanted;
  return SCREENS.includes(videoSource) ? 'contain' : 'cover';
}

/** The target itself or a new element at it; without a target, at the end of the page. @returns {HTMLElement} */
function inserted(target, mode) {
  const wanted = targetOf(target);
  const places = { append: 'append', before: 'before', after: 'after' };
  if (wanted && !(mode in places)) return wanted;
  const box = document.createElement('div');
  if (wanted) wanted[places[mode]](box);
  else document.body.append(box);
  return box;
}

function newVideo() {
  const video = document.createElement('video');
  video.className = 'OT_video-element';
  video.autoplay = true;
  video.playsInline = true;
  video.textContent = 'This browser does not play video.';
  return video;
}

/** The chosen audio output device; empty for the browser's own choice. */
let loudspeaker = '';

function useLoudspeaker(video) {
  if (video.setSinkId) video.setSinkId(loudspeaker).catch((error) => log(2, 'audio output', error.message));
}

function picture(video) {
  if (!video || !video.videoWidth) return null;
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d').drawImage(video, 0, 0);
  return canvas.toDataURL('image/png').split(',')[1];
}

/** Where to insert a widget and its properties: either may be left out. @returns {[any, Record<string, any>]} */
function placed([first, second]) {
  const isProperties = second === undefined && Object(first) === first && !(first instanceof Element);
  return isProperties ? [undefined, first] : [first, Object(second) === second ? second : {}];
}
