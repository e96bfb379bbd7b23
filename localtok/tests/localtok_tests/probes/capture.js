// What is captured: constraints that are asked for, and what happens to tracks.

for (const [name, properties] of Object.entries({
  none: {}, 'audio only': { videoSource: null }, 'video only': { audioSource: null }, 'sources true': { audioSource: true, videoSource: true },
  'resolution 1280x720': { resolution: '1280x720' }, 'resolution 320x240': { resolution: '320x240' }, 'resolution unknown': { resolution: '123x45' },
  'resolution 1920x1080': { resolution: '1920x1080' }, 'resolution 640x360': { resolution: '640x360' },
  'frameRate 15': { frameRate: 15 }, 'frameRate 30': { frameRate: 30 }, 'frameRate 25': { frameRate: 25 }, 'frameRate 0': { frameRate: 0 }, 'frameRate a string': { frameRate: '15' },
  'resolution and frameRate': { resolution: '1280x720', frameRate: 7 },
  maxResolution: { maxResolution: { width: 640, height: 480 } },
  'maxResolution and resolution': { maxResolution: { width: 640, height: 480 }, resolution: '1280x720' },
  'maxResolution too large': { maxResolution: { width: 5000, height: 5000 } },
  'maxResolution incomplete': { maxResolution: { width: 640 } },
  'facingMode user': { facingMode: 'user' }, 'facingMode environment': { facingMode: 'environment' }, 'facingMode unknown': { facingMode: 'sideways' },
  'facingMode left': { facingMode: 'left' },
  disableAudioProcessing: { disableAudioProcessing: true }, 'echoCancellation false': { echoCancellation: false },
  'noiseSuppression false': { noiseSuppression: false }, 'autoGainControl false': { autoGainControl: false },
  'all processing true': { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  'disableAudioProcessing and one on': { disableAudioProcessing: true, echoCancellation: true },
  enableStereo: { enableStereo: true }, 'enableStereo and echoCancellation': { enableStereo: true, echoCancellation: true },
  'a named camera': { videoSource: 'some-camera' }, 'a named microphone': { audioSource: 'some-microphone' },
  constraints: { constraints: { audio: true, video: { width: 320 } } }, 'constraints video only': { constraints: { video: true } },
  'constraints and resolution': { constraints: { audio: true, video: true }, resolution: '1280x720' },
  'constraints and videoSource null': { constraints: { audio: true, video: true }, videoSource: null },
  'publishVideo false': { publishVideo: false }, 'publishAudio false': { publishAudio: false },
  'publishVideo and publishAudio false': { publishVideo: false, publishAudio: false },
  'videoContentHint': { videoContentHint: 'text' },
})) {
  probe(`constraints: ${name}`, async (t) => {
    const seen = t.asked;
    const end = await t.init(t.place(), properties);
    return [seen, end.called || end];
  });
}
probe('constraints: given tracks', async (t) => {
  const seen = t.asked;
  await t.init(t.place(), { videoSource: t.pictures(), audioSource: t.tone() });
  return seen;
});
probe('constraints: a given video track', async (t) => {
  const seen = t.asked;
  await t.init(t.place(), { videoSource: t.pictures() });
  return seen;
});
probe('constraints: a given audio track', async (t) => {
  const seen = t.asked;
  await t.init(t.place(), { audioSource: t.tone() });
  return seen;
});
probe('constraints: publishVideo false, then true', async (t) => {
  const seen = t.asked;
  const publisher = await t.publisher();
  publisher.publishVideo(false);
  await t.pause(300);
  publisher.publishVideo(true);
  await t.pause(600);
  const { deviceId } = publisher.getVideoSource();
  return JSON.parse(JSON.stringify(seen).replaceAll(deviceId, 'the device'));
});
probe('constraints: setAudioSource of a device', async (t) => {
  const seen = t.asked;
  const publisher = await t.publisher({ echoCancellation: false });
  const { deviceId } = (await navigator.mediaDevices.enumerateDevices()).find(({ kind }) => kind === 'audioinput');
  await t.outcome(() => publisher.setAudioSource(deviceId));
  return JSON.parse(JSON.stringify(seen).replaceAll(deviceId, 'the device'));
});
probe('constraints: setVideoSource of a device', async (t) => {
  const seen = t.asked;
  const publisher = await t.publisher({ resolution: '320x240', frameRate: 15 });
  const devices = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === 'videoinput');
  const { deviceId } = devices[devices.length - 1];
  await t.outcome(() => publisher.setVideoSource(deviceId));
  return JSON.parse(JSON.stringify(seen).replaceAll(deviceId, 'the device'));
});

for (const resolution of ['1280x720', '640x480', '320x240', '640x360']) {
  probe(`the picture at ${resolution}`, async (t) => {
    const { width, height, frameRate } = (await t.publisher({ resolution, frameRate: 15 })).getVideoSource().track.getSettings();
    return [width, height, frameRate];
  });
}

probe('given tracks are used themselves', async (t) => {
  const [videoSource, audioSource] = [t.pictures(), t.tone()];
  const publisher = await t.publisher({ videoSource, audioSource });
  return [publisher.getVideoSource().track === videoSource, publisher.getAudioSource() === audioSource];
});
probe('a given track is muted', async (t) => {
  const [videoSource, audioSource] = [t.pictures(), t.tone()];
  const publisher = await t.publisher({ videoSource, audioSource });
  publisher.publishAudio(false);
  publisher.publishVideo(false);
  await t.pause(300);
  const off = [audioSource.enabled, videoSource.enabled, audioSource.readyState, videoSource.readyState];
  publisher.publishAudio(true);
  publisher.publishVideo(true);
  await t.pause(300);
  return [off, [audioSource.enabled, videoSource.enabled, audioSource.readyState, videoSource.readyState]];
});
probe('given tracks with publishAudio and publishVideo false', async (t) => {
  const [videoSource, audioSource] = [t.pictures(), t.tone()];
  const publisher = await t.publisher({ videoSource, audioSource, publishAudio: false, publishVideo: false });
  return [audioSource.enabled, videoSource.enabled, audioSource.readyState, videoSource.readyState, describe(publisher.getVideoSource())];
});
probe('a given track that is disabled', async (t) => {
  const [videoSource, audioSource] = [t.pictures(), t.tone()];
  videoSource.enabled = false;
  audioSource.enabled = false;
  await t.publisher({ videoSource, audioSource });
  return [audioSource.enabled, videoSource.enabled];
});
probe('destroy stops given tracks', async (t) => {
  const [videoSource, audioSource] = [t.pictures(), t.tone()];
  const publisher = await t.publisher({ videoSource, audioSource });
  publisher.destroy();
  await t.pause(200);
  return [audioSource.readyState, videoSource.readyState];
});
probe('destroy stops the camera', async (t) => {
  const publisher = await t.publisher();
  const [video, audio] = [publisher.getVideoSource().track, publisher.getAudioSource()];
  publisher.destroy();
  await t.pause(200);
  return [video.readyState, audio.readyState];
});
probe('publishVideo(false) releases the camera', async (t) => {
  const publisher = await t.publisher();
  const before = publisher.getVideoSource().track;
  publisher.publishVideo(false);
  await t.pause(300);
  const off = [before.readyState, before.enabled, describe(publisher.getVideoSource().track), publisher.getVideoSource().type];
  publisher.publishVideo(true);
  await t.pause(700);
  const after = publisher.getVideoSource().track;
  return [off, [after === before, after && after.readyState, after && after.enabled]];
});
probe('publishVideo(false) twice, then true', async (t) => {
  const publisher = await t.publisher();
  publisher.publishVideo(false);
  publisher.publishVideo(false);
  publisher.publishVideo(true);
  await t.pause(900);
  const { track } = publisher.getVideoSource();
  return [track && track.readyState, track && track.enabled, t.classes(publisher.element)];
});
probe('publishVideo.promise: the camera when it resolves', async (t) => {
  const publisher = await t.publisher();
  await publisher.publishVideo.promise(false);
  const off = describe(publisher.getVideoSource().track);
  await publisher.publishVideo.promise(true);
  return [off, describe(publisher.getVideoSource().track)];
});
probe('publishVideo(true) when the camera is gone', async (t) => {
  const publisher = await t.publisher();
  await publisher.publishVideo.promise(false);
  t.failing('NotReadableError');
  return t.completion((done) => { publisher.publishVideo(true, done); });
});
probe('publishAudio(false) keeps the microphone', async (t) => {
  const publisher = await t.publisher();
  const before = publisher.getAudioSource();
  publisher.publishAudio(false);
  await t.pause(200);
  return [before.readyState, before.enabled, publisher.getAudioSource() === before];
});
probe('publishVideo false at first, then true', async (t) => {
  const publisher = await t.publisher({ publishVideo: false });
  const off = shape(publisher.getVideoSource());
  publisher.publishVideo(true);
  await t.pause(800);
  const { track } = publisher.getVideoSource();
  return [off, track && track.readyState, t.classes(publisher.element)];
});
for (const value of ['yes', 0, 1, null, undefined, 'false']) {
  probe(`publishAudio of ${JSON.stringify(value)}`, async (t) => {
    const publisher = await t.publisher();
    publisher.publishAudio(value);
    await t.pause(50);
    return publisher.getAudioSource().enabled;
  });
  probe(`publishVideo of ${JSON.stringify(value)}`, async (t) => {
    const publisher = await t.publisher();
    publisher.publishVideo(value);
    await t.pause(300);
    return t.classes(publisher.element);
  });
}
probe('setAudioSource: the tracks afterwards', async (t) => {
  const publisher = await t.publisher();
  const [before, after] = [publisher.getAudioSource(), t.tone()];
  const end = await t.outcome(() => publisher.setAudioSource(after));
  return [end, before.readyState, publisher.getAudioSource() === after, after.enabled];
});
probe('setAudioSource while muted', async (t) => {
  const publisher = await t.publisher({ publishAudio: false });
  const after = t.tone();
  await t.outcome(() => publisher.setAudioSource(after));
  return [publisher.getAudioSource() === after, after.enabled];
});
probe('setVideoSource: the tracks afterwards', async (t) => {
  const publisher = await t.publisher();
  const before = publisher.getVideoSource().track;
  const { deviceId } = (await navigator.mediaDevices.enumerateDevices()).find(({ kind }) => kind === 'videoinput');
  const end = await t.outcome(() => publisher.setVideoSource(deviceId));
  return [end, before.readyState, publisher.getVideoSource().track === before, publisher.getVideoSource().deviceId === deviceId];
});
probe('setVideoSource while the video is off', async (t) => {
  const publisher = await t.publisher({ publishVideo: false });
  const { deviceId } = (await navigator.mediaDevices.enumerateDevices()).find(({ kind }) => kind === 'videoinput');
  const end = await t.outcome(() => publisher.setVideoSource(deviceId));
  return [end, describe(publisher.getVideoSource().track)];
});
probe('mediaStreamAvailable: its tracks', (t) => new Promise((resolve) => {
  const publisher = t.OT.initPublisher(t.place(), {});
  publisher.on('mediaStreamAvailable', ({ mediaStream }) => resolve([mediaStream.getTracks().map(({ kind }) => kind).sort(),
    mediaStream.getVideoTracks()[0] === publisher.getVideoSource().track]));
}));

// getUserMedia of the library.
for (const [name, properties] of Object.entries({
  nothing: undefined, 'audio only': { videoSource: null }, 'video only': { audioSource: null }, resolution: { resolution: '320x240' },
  'neither of both': { audioSource: null, videoSource: null }, 'an unknown camera': { videoSource: 'no-such-camera' }, null: null, 'a string': 'all',
  'both true': { audioSource: true, videoSource: true }, 'publishAudio false': { publishAudio: false },
})) {
  probe(`getUserMedia: ${name}`, async (t) => {
    const seen = t.asked;
    let kinds;
    const end = await t.outcome(() => t.OT.getUserMedia(properties).then((stream) => {
      kinds = stream.getTracks().map(({ kind }) => kind).sort();
      return stream;
    }));
    return [seen, end, kinds];
  });
}
probe('getUserMedia: given tracks', async (t) => {
  const [videoSource, audioSource] = [t.pictures(), t.tone()];
  const stream = await t.OT.getUserMedia({ videoSource, audioSource });
  return [stream.getVideoTracks()[0] === videoSource, stream.getAudioTracks()[0] === audioSource];
});
for (const name of ['NotAllowedError', 'NotFoundError', 'NotReadableError', 'OverconstrainedError', 'AbortError', 'Other']) {
  probe(`getUserMedia fails: ${name}`, (t) => {
    t.failing(name);
    return t.outcome(() => t.OT.getUserMedia({}));
  });
}

// The screen.
function sharing(t) {
  t.instead('getDisplayMedia', async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 400, height: 300 });
    canvas.getContext('2d').fillRect(0, 0, 9, 9);
    return canvas.captureStream(5);
  });
  return t.asked;
}
for (const videoSource of ['screen', 'window', 'application', 'browser']) {
  probe(`videoSource ${videoSource}`, async (t) => {
    const seen = sharing(t);
    const publisher = await t.publisher({ videoSource });
    const { type, track } = publisher.getVideoSource();
    return [seen, type, describe(track), describe(publisher.getAudioSource()), t.classes(publisher.element)];
  });
}
for (const [name, properties] of Object.entries({ frameRate: { frameRate: 5 }, maxResolution: { maxResolution: { width: 1920, height: 1080 } },
  resolution: { resolution: '1280x720' }, audioSource: { audioSource: true }, 'audioSource null': { audioSource: null },
  videoContentHint: { videoContentHint: 'text' }, constraints: { constraints: { video: { width: 100 } } }, frameRate15: { frameRate: 15 } })) {
  probe(`the screen with ${name}`, async (t) => {
    const seen = sharing(t);
    const end = await t.init(t.place(), { videoSource: 'screen', ...properties });
    return [seen, end];
  });
}
for (const name of ['NotAllowedError', 'NotFoundError', 'NotReadableError', 'AbortError']) {
  probe(`a screen that fails: ${name}`, (t) => {
    t.failing(name, 'getDisplayMedia');
    return t.init(t.place(), { videoSource: 'screen' });
  });
}
probe('the screen: order', async (t) => {
  sharing(t);
  const log = [];
  const publisher = t.OT.initPublisher(t.place(), { videoSource: 'screen' }, (error) => log.push(error ? error.name : 'completion'));
  t.events(publisher, ['accessAllowed', 'accessDialogOpened', 'accessDialogClosed', 'mediaStreamAvailable', 'videoElementCreated', 'videoDimensionsChanged', 'loaded'], log);
  await t.pause(900);
  return log;
});
for (const [name, work] of Object.entries({
  'publishVideo(false)': (p) => p.publishVideo(false), cycleVideo: (p) => p.cycleVideo(), 'setVideoSource': (p) => p.setVideoSource('x'),
  'setAudioSource': (p, t) => p.setAudioSource(t.tone()), setPreferredFrameRate: (p) => p.setPreferredFrameRate(5),
  setPreferredResolution: (p) => p.setPreferredResolution({ width: 320, height: 240 }), setMaxVideoBitrate: (p) => p.setMaxVideoBitrate(300000),
})) {
  probe(`the screen: ${name}`, async (t) => {
    sharing(t);
    const publisher = await t.publisher({ videoSource: 'screen' });
    return [await t.outcome(() => work(publisher, t)), describe(publisher.getVideoSource().track)];
  });
}
for (const [name, properties] of Object.entries({
  'maxResolution nonsense': { maxResolution: 'large' }, 'maxResolution null': { maxResolution: null },
  'maxResolution zero and less': { maxResolution: { width: 0, height: -5 } }, 'maxResolution of strings': { maxResolution: { width: '640', height: '480' } },
  'facingMode and a named camera': { facingMode: 'user', videoSource: 'some-camera' },
  'processing null, zero and undefined': { echoCancellation: undefined, noiseSuppression: null, autoGainControl: 0 },
})) {
  probe(`constraints: ${name}`, async (t) => [await t.init(t.place(), properties), t.asked]);
}
probe('the screen with a named microphone', async (t) => {
  sharing(t);
  return [await t.init(t.place(), { videoSource: 'screen', audioSource: 'some-microphone' }), t.asked];
});
probe('the screen with a given audio track', async (t) => {
  sharing(t);
  return [await t.init(t.place(), { videoSource: 'screen', audioSource: t.tone() }), t.asked];
});
probe('the screen with sound: hint and classes', async (t) => {
  t.instead('getDisplayMedia', async () => new MediaStream([t.pictures(), t.tone()]));
  const publisher = await t.publisher({ videoSource: 'screen', mirror: true, fitMode: 'cover' });
  return [describe(publisher.getAudioSource()), publisher.getVideoContentHint(), t.classes(publisher.element)];
});
