// How publishers are made: forms of the call, targets, refusals, and what a publisher is.

const bad = (name, value) => probe(`initPublisher: ${name}`, (t) => t.init(t.place(), typeof value === 'function' ? value(t) : value));

probe('initPublisher: an element as target', (t) => t.init(t.place(), {}));
probe('initPublisher: an id as target', async (t) => {
  t.place('here');
  return t.init('here', {});
});
probe('initPublisher: an unknown id', async (t) => [await t.init('nowhere', {}), t.tree(document.body).body]);
probe('initPublisher: no target', async (t) => [await t.init(undefined, {}), document.body.children.length]);
probe('initPublisher: null as target', async (t) => [await t.init(null, {}), document.body.children.length]);
probe('initPublisher: a number as target', (t) => t.init(7, {}));
probe('initPublisher: an empty string as target', (t) => t.init('', {}));
probe('initPublisher: an object as target', (t) => t.init({}, {}));
probe('initPublisher: a target and insertDefaultUI false', (t) => t.init(t.place(), { insertDefaultUI: false }));
probe('initPublisher: an id and insertDefaultUI false', (t) => {
  t.place('here');
  return t.init('here', { insertDefaultUI: false });
});
probe('initPublisher: an unknown id and insertDefaultUI false', (t) => t.init('nowhere', { insertDefaultUI: false }));
probe('initPublisher: no target and insertDefaultUI false', (t) => t.init(undefined, { insertDefaultUI: false }));
probe('initPublisher: null and insertDefaultUI false', (t) => t.init(null, { insertDefaultUI: false }));
probe('initPublisher: only a completion handler', (t) => t.completion((done) => { t.OT.initPublisher(done); }));
probe('initPublisher: target and completion handler', (t) => t.completion((done) => { t.OT.initPublisher(t.place(), done); }));
probe('initPublisher: no argument', async (t) => {
  const publisher = t.OT.initPublisher();
  await t.pause(300);
  return [typeof publisher, publisher.accessAllowed, Boolean(publisher.element)];
});
probe('initPublisher: properties null', (t) => t.init(t.place(), null));
probe('initPublisher: properties undefined', (t) => t.init(t.place(), undefined));
probe('initPublisher: properties a string', (t) => t.init(t.place(), 'properties'));
probe('initPublisher: properties as the first argument', (t) => t.init({ insertDefaultUI: false, audioSource: null }));
probe('initPublisher: apiKey, target, properties', async (t) => {
  const place = t.place('old');
  const end = await t.init('12345', 'old', { audioSource: null });
  return [end, t.classes(place)];
});
probe('initPublisher: apiKey, target', async (t) => {
  const place = t.place('old');
  let publisher;
  const end = await t.completion((done) => { publisher = t.OT.initPublisher('12345', 'old'); publisher.on('accessAllowed', () => done()); });
  return [end, t.classes(place)];
});
probe('initPublisher: apiKey as a number', async (t) => {
  const place = t.place('old');
  return [await t.init(12345, 'old', {}), t.classes(place)];
});
probe('initPublisher: a completion handler that throws', async (t) => {
  const publisher = t.OT.initPublisher(t.place(), {}, () => { throw new Error('page'); });
  const log = t.events(publisher, ['accessAllowed', 'videoElementCreated', 'destroyed']);
  await t.pause(700);
  return log;
});
probe('initPublisher: completion handler is not a function', async (t) => {
  const publisher = t.OT.initPublisher(t.place(), {}, 'done');
  return t.until(() => publisher.accessAllowed);
});
probe('initPublisher: this and arguments of the completion handler', (t) => new Promise((resolve) => {
  t.OT.initPublisher(t.place(), {}, function done(...args) { resolve([args.length, String(args[0]), this === undefined, typeof this]); });
}));
probe('initPublisher: this and arguments when it fails', (t) => new Promise((resolve) => {
  t.OT.initPublisher(t.place(), { audioSource: null, videoSource: null }, function done(...args) {
    resolve([args.length, args.slice(1).map(String), this === undefined, args[0] instanceof Error]);
  });
}));
probe('initPublisher.promise: resolves', (t) => t.outcome(() => t.OT.initPublisher.promise(t.place(), {})));
probe('initPublisher.promise: no argument', (t) => t.outcome(() => t.OT.initPublisher.promise()));
probe('initPublisher.promise: is refused', (t) => t.outcome(() => t.OT.initPublisher.promise(t.place(), { insertDefaultUI: false })));
probe('initPublisher.promise: neither sound nor picture', (t) => t.outcome(
  () => t.OT.initPublisher.promise(t.place(), { audioSource: null, videoSource: null })));
probe('initPublisher: the completion handler comes later', (t) => {
  const order = [];
  return new Promise((resolve) => {
    t.OT.initPublisher(t.place(), { audioSource: null, videoSource: null }, () => { order.push('handler'); resolve(order); });
    order.push('returned');
  });
});
probe('initPublisher: a refusal before or after it returns', (t) => {
  const order = [];
  return new Promise((resolve) => {
    t.OT.initPublisher(t.place(), { insertDefaultUI: false }, () => { order.push('handler'); resolve(order); });
    order.push('returned');
  });
});
probe('initPublisher: two of the same camera', async (t) => {
  const one = await t.publisher();
  const two = await t.publisher();
  one.destroy();
  return [one.getVideoSource().track, two.getVideoSource().track.readyState];
});
probe('initPublisher: two in one target', async (t) => {
  const place = t.place();
  await t.publisher({}, place);
  const end = await t.init(place, {});
  return [end, place.querySelectorAll('video').length, t.classes(place)];
});
probe('initPublisher: the properties are not changed', async (t) => {
  const properties = { width: 100, name: 'Ann' };
  await t.publisher(properties);
  return properties;
});

for (const [name, value] of Object.entries({
  'neither audio nor video source (null)': { audioSource: null, videoSource: null },
  'neither audio nor video source (false)': { audioSource: false, videoSource: false },
  'audio only (videoSource null)': { videoSource: null },
  'audio only (videoSource false)': { videoSource: false },
  'video only (audioSource null)': { audioSource: null },
  'video only (audioSource false)': { audioSource: false },
  'sources true': { audioSource: true, videoSource: true },
  'sources undefined': { audioSource: undefined, videoSource: undefined },
  'an unknown camera': { videoSource: 'no-such-camera' },
  'an unknown microphone': { audioSource: 'no-such-microphone' },
  'an empty string as videoSource': { videoSource: '' },
  'an empty string as audioSource': { audioSource: '' },
  'a number as videoSource': { videoSource: 5 },
  'an object as videoSource': { videoSource: {} },
  'an object as audioSource': { audioSource: {} },
  'an array as audioSource': { audioSource: [] },
  'videoSource camera': { videoSource: 'camera' },
  'an audio track as videoSource': (t) => ({ videoSource: t.tone() }),
  'a video track as audioSource': (t) => ({ audioSource: t.pictures() }),
  'a stream as videoSource': (t) => ({ videoSource: new MediaStream([t.pictures()]) }),
  'given tracks': (t) => ({ videoSource: t.pictures(), audioSource: t.tone() }),
  'a given video track alone': (t) => ({ videoSource: t.pictures(), audioSource: null }),
  'a given audio track alone': (t) => ({ videoSource: null, audioSource: t.tone() }),
  'an ended video track': (t) => { const videoSource = t.pictures(); videoSource.stop(); return { videoSource }; },
  'publishAudio and publishVideo false': { publishAudio: false, publishVideo: false },
  'publishVideo false': { publishVideo: false },
  'publishVideo a string': { publishVideo: 'no' },
  'resolution 1280x720': { resolution: '1280x720' },
  'resolution 1920x1080': { resolution: '1920x1080' },
  'resolution 1280x960': { resolution: '1280x960' },
  'resolution 640x360': { resolution: '640x360' },
  'resolution 320x180': { resolution: '320x180' },
  'resolution unknown': { resolution: '123x45' },
  'resolution nonsense': { resolution: 'large' },
  'resolution a number': { resolution: 720 },
  'resolution empty': { resolution: '' },
  'resolution null': { resolution: null },
  'frameRate 15': { frameRate: 15 },
  'frameRate 7': { frameRate: 7 },
  'frameRate 1': { frameRate: 1 },
  'frameRate unknown': { frameRate: 25 },
  'frameRate 60': { frameRate: 60 },
  'frameRate zero': { frameRate: 0 },
  'frameRate negative': { frameRate: -1 },
  'frameRate a string': { frameRate: '30' },
  'frameRate nonsense': { frameRate: 'fast' },
  'maxResolution': { maxResolution: { width: 640, height: 480 } },
  'maxResolution incomplete': { maxResolution: { width: 640 } },
  'maxResolution nonsense': { maxResolution: 'large' },
  'maxResolution too large': { maxResolution: { width: 5000, height: 5000 } },
  'maxResolution and resolution': { maxResolution: { width: 640, height: 480 }, resolution: '1280x720' },
  'facingMode user': { facingMode: 'user' },
  'facingMode environment': { facingMode: 'environment' },
  'facingMode unknown': { facingMode: 'sideways' },
  'facingMode and videoSource': { facingMode: 'user', videoSource: true },
  'audioBitrate': { audioBitrate: 32000 },
  'audioBitrate too low': { audioBitrate: 100 },
  'audioBitrate too high': { audioBitrate: 1000000 },
  'audioBitrate a string': { audioBitrate: 'high' },
  'audioFallback': { audioFallback: { publisher: true, subscriber: false } },
  'audioFallback a boolean': { audioFallback: true },
  'audioFallback null': { audioFallback: null },
  'audioFallbackEnabled (old)': { audioFallbackEnabled: true },
  'audioFallbackEnabled and audioFallback': { audioFallbackEnabled: true, audioFallback: { publisher: true } },
  'enableDtx and enableStereo': { enableDtx: true, enableStereo: true },
  'enableStereo with echo cancellation': { enableStereo: true, echoCancellation: true },
  'disableAudioProcessing': { disableAudioProcessing: true },
  'audio processing off, one by one': { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  'preferredVideoCodecs automatic': { preferredVideoCodecs: 'automatic' },
  'preferredVideoCodecs in order': { preferredVideoCodecs: ['vp9', 'vp8'] },
  'preferredVideoCodecs unknown': { preferredVideoCodecs: ['av1'] },
  'preferredVideoCodecs partly unknown': { preferredVideoCodecs: ['vp8', 'mpeg2'] },
  'preferredVideoCodecs empty': { preferredVideoCodecs: [] },
  'preferredVideoCodecs a word': { preferredVideoCodecs: 'vp8' },
  'preferredVideoCodecs in capitals': { preferredVideoCodecs: ['VP8'] },
  'preferredVideoCodecs doubled': { preferredVideoCodecs: ['vp8', 'vp8'] },
  'videoContentHint detail': { videoContentHint: 'detail' },
  'videoContentHint empty': { videoContentHint: '' },
  'videoContentHint unknown': { videoContentHint: 'loud' },
  'videoContentHint null': { videoContentHint: null },
  'scalableVideo': { scalableVideo: true },
  'scalableScreenshare': { scalableScreenshare: true },
  'publishCaptions': { publishCaptions: true },
  'publishSenderStats': { publishSenderStats: true },
  'initials': { initials: 'AB' },
  'initials too long': { initials: 'x'.repeat(2000) },
  'name': { name: 'Ann' },
  'name empty': { name: '' },
  'name too long': { name: 'x'.repeat(1001) },
  'name a number': { name: 5 },
  'name null': { name: null },
  'mirror': { mirror: false },
  'style': { style: { nameDisplayMode: 'on' } },
  'style unknown': { style: { nameDisplayMode: 'sometimes' } },
  'style of an unknown name': { style: { colour: 'red' } },
  'style null': { style: null },
  'style a string': { style: 'on' },
  'showControls false': { showControls: false },
  'fitMode contain': { fitMode: 'contain' },
  'fitMode unknown': { fitMode: 'fill' },
  'insertMode append': { insertMode: 'append' },
  'insertMode unknown': { insertMode: 'inside' },
  'width a word': { width: 'wide' },
  'constraints': { constraints: { audio: true, video: { width: 320 } } },
  'constraints video only': { constraints: { video: true } },
  'constraints audio only': { constraints: { audio: true } },
  'constraints empty': { constraints: {} },
  'constraints both false': { constraints: { audio: false, video: false } },
  'constraints nonsense': { constraints: 'any' },
  'constraints impossible': { constraints: { video: { width: { exact: 99999 } } } },
  'constraints of the old kind': { constraints: { video: { mandatory: { maxWidth: 320 } } } },
  'constraints and resolution': { constraints: { audio: true, video: true }, resolution: '1280x720' },
  'an unknown property': { colour: 'red' },
  'videoFilter unknown': { videoFilter: { type: 'sparkles' } },
  'videoFilter nonsense': { videoFilter: 'blur' },
  'videoFilter null': { videoFilter: null },
  'audioFilter unknown': { audioFilter: { type: 'echo' } },
  'disableAudioInputDeviceManagement': { disableAudioInputDeviceManagement: true },
  'maxVideoBitrate': { maxVideoBitrate: 500000 },
  'videoBitratePreset': { videoBitratePreset: 'bw_saver' },
  'videoBitratePreset unknown': { videoBitratePreset: 'tiny' },
})) bad(name, value);

probe('a publisher before it is ready', (t) => {
  const publisher = t.OT.initPublisher(t.place('mine'), {});
  return { accessAllowed: publisher.accessAllowed, stream: shape(publisher.stream), session: shape(publisher.session),
    id: publisher.id, element: publisher.element && publisher.element.id, video: publisher.videoWidth(),
    source: shape(publisher.getVideoSource()), audio: describe(publisher.getAudioSource()) };
});
probe('a publisher that is ready', async (t) => {
  const publisher = await t.publisher({}, t.place('mine'));
  return { accessAllowed: publisher.accessAllowed, stream: shape(publisher.stream), session: shape(publisher.session),
    id: publisher.id, element: publisher.element && publisher.element.id, video: publisher.videoWidth(),
    source: shape(publisher.getVideoSource()), audio: describe(publisher.getAudioSource()) };
});
probe('the id without a target of its own', async (t) => {
  const publisher = await t.publisher({}, t.place());
  return [publisher.id === publisher.element.id, publisher.id.replace(/[0-9a-f]/g, 'x')];
});
probe('the id without an element', async (t) => {
  const publisher = await t.publisher({ insertDefaultUI: false }, undefined);
  return [shape(publisher.id), shape(publisher.element)];
});
probe('which methods of the types exist', async (t) => {
  const publisher = await t.publisher();
  return ['on', 'once', 'off', 'destroy', 'getImgData', 'getStats', 'getRtcStatsReport', 'getStyle', 'applyVideoFilter',
    'getVideoFilter', 'clearVideoFilter', 'applyAudioFilter', 'clearAudioFilter', 'getAudioFilter', 'publishAudio',
    'publishVideo', 'publishCaptions', 'cycleVideo', 'setAudioSource', 'getAudioSource', 'setVideoSource',
    'getVideoContentHint', 'setVideoContentHint', 'setTargetScalabilityMode', 'getTargetScalabilityMode',
    'getVideoSource', 'setStyle', 'videoWidth', 'videoHeight', 'setVideoMediaProcessorConnector',
    'setAudioMediaProcessorConnector', 'setPreferredFrameRate', 'setPreferredResolution', 'setMaxVideoBitrate',
    'setVideoBitratePreset', 'getMaxVideoBitrate', 'getVideoBitratePreset',
  ].map((name) => `${name} ${typeof publisher[name]} ${publisher[name].promise ? 'promise' : ''}`);
});
probe('instanceof', async (t) => {
  const publisher = await t.publisher();
  return [typeof t.OT.Publisher, publisher instanceof t.OT.Publisher, publisher.constructor === t.OT.Publisher];
});
probe('initPublisher: a track without pictures is ready after a while', async (t) => {
  const canvas = document.createElement('canvas');
  const [videoSource] = canvas.captureStream(5).getVideoTracks();
  const log = [];
  const began = performance.now();
  const publisher = t.OT.initPublisher(t.place(), { videoSource, audioSource: null }, () => log.push('handler'));
  t.events(publisher, ['accessAllowed', 'videoElementCreated', 'loaded'], log);
  await t.until(() => log.includes('loaded'), 9000);
  return [log, performance.now() - began > 2500];
});
