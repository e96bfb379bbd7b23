function size(value, otherwise) {
  if (value === undefined || value === null || value === '') return otherwise;
  return /^\d+$/.test(String(value)) ? `${value}px` : String(value);
}

/** The element that shows a picture, put into the page as `insertMode` says. */
function mount(target, properties, kind, id) {
  const wanted = typeof target === 'string' ? document.getElementById(target) : target;
  const mode = properties.insertMode || 'replace';
  let box;
  if (wanted && mode === 'replace') {
    box = wanted;
    box.replaceChildren();
  } else {
    box = document.createElement('div');
    if (!wanted) document.body.append(box);
    else if (mode === 'append') wanted.append(box);
    else if (mode === 'before') wanted.before(box);
    else wanted.after(box);
  }
  if (!box.id) box.id = id;
  box.classList.add('OT_root', kind);
  Object.assign(box.style, {
    width: size(properties.width, '264px'),
    height: size(properties.height, '198px'),
    overflow: 'hidden',
    backgroundColor: '#000',
  });
  if (getComputedStyle(box).position === 'static') box.style.position = 'relative';
  return box;
}

function newVideo(properties, mirrored) {
  const video = document.createElement('video');
  video.className = 'OT_video-element';
  video.autoplay = true;
  video.playsInline = true;
  Object.assign(video.style, {
    width: '100%',
    height: '100%',
    objectFit: properties.fitMode === 'contain' ? 'contain' : 'cover',
    transform: mirrored ? 'scaleX(-1)' : '',
  });
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
