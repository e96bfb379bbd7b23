// What the methods of a publisher that is not published return, refuse and change.

/** Probes one call on a publisher of each of these kinds. */
const KINDS = {
  camera: (t) => t.publisher(),
  'audio only': (t) => t.publisher({ videoSource: null }),
  'video only': (t) => t.publisher({ audioSource: null }),
  'given tracks': (t) => t.publisher({ videoSource: t.pictures(), audioSource: t.tone() }),
  'not ready': async (t) => t.OT.initPublisher(t.place(), {}),
  destroyed: async (t) => (await t.publisher()).destroy(),
};

function on(kinds, name, work) {
  for (const kind of kinds) {
    probe(`${name} (${kind})`, async (t) => {
      const publisher = await KINDS[kind](t);
      return t.outcome(() => work(publisher, t));
    });
  }
}

const ALL = Object.keys(KINDS);
/** A value as it is written. */
const written = (value) => (Number.isNaN(value) ? 'NaN' : String(JSON.stringify(value)));

on(ALL, 'getStats', (p) => p.getStats());
on(['camera'], 'getStats with a handler', (p, t) => t.completion((done) => { p.getStats(done); }));
on(['camera', 'not ready', 'destroyed'], 'getRtcStatsReport', (p) => p.getRtcStatsReport());
on(ALL, 'cycleVideo', async (p) => shape(await p.cycleVideo()));
on(ALL, 'getVideoSource', (p) => {
  const { deviceId, type, track } = p.getVideoSource();
  return { deviceId: typeof deviceId, type, track: track && track.kind };
});
on(ALL, 'getAudioSource', (p) => {
  const track = p.getAudioSource();
  return track === null ? null : typeof track === 'object' ? track.kind : typeof track;
});
on(ALL, 'setVideoSource of a device', async (p, t) => {
  const devices = await t.OT.getDevices();
  const camera = devices ? devices.find(({ kind }) => kind === 'videoInput').deviceId
    : (await navigator.mediaDevices.enumerateDevices()).find(({ kind }) => kind === 'videoinput').deviceId;
  return p.setVideoSource(camera);
});
on(['camera'], 'setVideoSource of a track', (p, t) => p.setVideoSource(t.pictures()));
on(['camera', 'audio only', 'given tracks', 'destroyed'], 'setVideoSource of an unknown camera', (p) => p.setVideoSource('no-such-camera'));
for (const [name, value] of Object.entries({ nothing: undefined, null: null, true: true, false: false, 'a number': 5, 'an object': {}, 'an empty string': '' })) {
  on(['camera'], `setVideoSource of ${name}`, (p) => p.setVideoSource(value));
  on(['camera'], `setAudioSource of ${name}`, (p) => p.setAudioSource(value));
}
on(ALL, 'setAudioSource of a device', async (p) => {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return p.setAudioSource(devices.find(({ kind }) => kind === 'audioinput').deviceId);
});
on(ALL, 'setAudioSource of a track', (p, t) => p.setAudioSource(t.tone()));
on(['camera'], 'setAudioSource of a video track', (p, t) => p.setAudioSource(t.pictures()));
on(['camera'], 'setAudioSource of an unknown microphone', (p) => p.setAudioSource('no-such-microphone'));
on(ALL, 'publishAudio(false)', (p) => p.publishAudio(false));
on(ALL, 'publishVideo(false)', (p) => p.publishVideo(false));
on(ALL, 'publishVideo(true)', (p) => p.publishVideo(true));
on(ALL, 'publishAudio.promise', (p) => p.publishAudio.promise(false));
on(ALL, 'publishVideo.promise', (p) => p.publishVideo.promise(false));
on(['camera', 'audio only'], 'publishVideo with a handler', (p, t) => t.completion((done) => { p.publishVideo(false, done); }));
on(ALL, 'publishVideo(true) with a handler', (p, t) => t.completion((done) => { p.publishVideo(true, done); }));
on(ALL, 'publishVideo.promise of true', (p) => p.publishVideo.promise(true));
on(ALL, 'publishVideo.promise of the same value again', async (p, t) => [
  await t.outcome(() => p.publishVideo.promise(false)), await t.outcome(() => p.publishVideo.promise(false)), await t.outcome(() => p.publishVideo.promise(true))]);
on(['camera'], 'publishAudio with a handler', (p, t) => t.completion((done) => { p.publishAudio(false, done); }));
on(['camera', 'audio only', 'destroyed'], 'setVideoMediaProcessorConnector: none to remove', (p) => p.setVideoMediaProcessorConnector(null));
on(['camera', 'video only', 'destroyed'], 'setAudioMediaProcessorConnector: none to remove', (p) => p.setAudioMediaProcessorConnector(null));
on(['camera', 'audio only', 'not ready'], 'publishCaptions', (p) => p.publishCaptions(true));
on(['camera'], 'publishCaptions(false)', (p) => p.publishCaptions(false));
on(ALL, 'destroy', (p) => p.destroy());
on(ALL, 'destroy.promise', (p) => p.destroy.promise());
on(ALL, 'videoWidth and videoHeight', async (p, t) => {
  await t.pause(300);
  return [p.videoWidth(), p.videoHeight()];
});
on(['camera', 'audio only', 'not ready', 'destroyed'], 'getImgData', async (p, t) => {
  await t.pause(p.accessAllowed ? 400 : 0);
  const data = p.getImgData();
  return typeof data === 'string' ? data.slice(0, 6) : data;
});
on(ALL, 'getVideoContentHint', (p) => p.getVideoContentHint());
for (const hint of ['', 'text', 'detail', 'motion', 'loud', undefined, null, 5]) {
  probe(`setVideoContentHint of ${written(hint)}`, async (t) => {
    const publisher = await t.publisher();
    const end = await t.outcome(() => publisher.setVideoContentHint(hint));
    return [end, publisher.getVideoContentHint(), publisher.getVideoSource().track.contentHint];
  });
}
on(['audio only', 'given tracks', 'not ready', 'destroyed'], 'setVideoContentHint', (p) => p.setVideoContentHint('text'));
probe('videoContentHint of the properties', async (t) => {
  const publisher = await t.publisher({ videoContentHint: 'text' });
  return [publisher.getVideoContentHint(), publisher.getVideoSource().track.contentHint];
});
probe('videoContentHint of the properties, unknown', async (t) => {
  const publisher = await t.publisher({ videoContentHint: 'loud' });
  return [publisher.getVideoContentHint(), publisher.getVideoSource().track.contentHint];
});
probe('a given track\'s own content hint', async (t) => {
  const videoSource = t.pictures();
  videoSource.contentHint = 'text';
  const publisher = await t.publisher({ videoSource });
  return [publisher.getVideoContentHint(), videoSource.contentHint];
});

for (const rate of [1, 7, 15, 30, 25, 60, 0, -1, '15', 'fast', null, undefined, NaN]) {
  on(['camera'], `setPreferredFrameRate ${written(rate)}`, (p) => p.setPreferredFrameRate(rate));
}
on(['audio only', 'video only', 'given tracks', 'not ready', 'destroyed'], 'setPreferredFrameRate', (p) => p.setPreferredFrameRate(15));
for (const size of [{ width: 320, height: 240 }, { width: 1280, height: 720 }, { width: 320 }, { width: 5000, height: 5000 }, { width: 0, height: 0 },
  { width: 321, height: 123 }, {}, 'auto', '320x240', null, undefined, { width: '320', height: '240' }]) {
  on(['camera'], `setPreferredResolution ${written(size)}`, (p) => p.setPreferredResolution(size));
}
on(['audio only', 'given tracks', 'not ready', 'destroyed'], 'setPreferredResolution', (p) => p.setPreferredResolution({ width: 320, height: 240 }));
on(['camera'], 'setPreferredResolution: the track', async (p) => {
  await p.setPreferredResolution({ width: 320, height: 240 });
  const { width, height } = p.getVideoSource().track.getSettings();
  return [width, height];
});
on(['camera'], 'setPreferredFrameRate: the track', async (p) => {
  await p.setPreferredFrameRate(7);
  return p.getVideoSource().track.getSettings().frameRate;
});

on(ALL, 'getMaxVideoBitrate', (p) => p.getMaxVideoBitrate());
on(ALL, 'getVideoBitratePreset', (p) => p.getVideoBitratePreset());
for (const rate of [5000, 4999, 300000, 10000000, 10000001, 0, -5, '300000', 'high', null, undefined, NaN, 300000.5]) {
  probe(`setMaxVideoBitrate ${written(rate)}`, async (t) => {
    const publisher = await t.publisher();
    return [await t.outcome(() => publisher.setMaxVideoBitrate(rate)), publisher.getMaxVideoBitrate(), publisher.getVideoBitratePreset()];
  });
}
for (const preset of ['default', 'bw_saver', 'extra_bw_saver', 'custom', 'tiny', '', null, undefined, 5]) {
  probe(`setVideoBitratePreset ${written(preset)}`, async (t) => {
    const publisher = await t.publisher();
    return [await t.outcome(() => publisher.setVideoBitratePreset(preset)), publisher.getMaxVideoBitrate(), publisher.getVideoBitratePreset()];
  });
}
on(['audio only', 'given tracks', 'not ready', 'destroyed'], 'setMaxVideoBitrate', (p) => p.setMaxVideoBitrate(300000));
on(['audio only', 'given tracks', 'not ready', 'destroyed'], 'setVideoBitratePreset', (p) => p.setVideoBitratePreset('bw_saver'));
for (const properties of [{ maxVideoBitrate: 500000 }, { videoBitratePreset: 'bw_saver' }, { videoBitratePreset: 'tiny' }, { maxVideoBitrate: 1 },
  { maxVideoBitrate: 500000, videoBitratePreset: 'bw_saver' }]) {
  probe(`bitrate of the properties ${JSON.stringify(properties)}`, async (t) => {
    const publisher = await t.publisher(properties);
    return [publisher.getMaxVideoBitrate(), publisher.getVideoBitratePreset()];
  });
}
probe('preset, then bitrate, then preset', async (t) => {
  const publisher = await t.publisher();
  const seen = [];
  const say = () => seen.push([publisher.getMaxVideoBitrate(), publisher.getVideoBitratePreset()]);
  await publisher.setVideoBitratePreset('bw_saver'); say();
  await publisher.setMaxVideoBitrate(700000); say();
  await publisher.setVideoBitratePreset('default'); say();
  return seen;
});
for (const resolution of ['1920x1080', '1280x720', '640x480', '320x240']) {
  probe(`bitrate presets at ${resolution}`, async (t) => {
    const publisher = await t.publisher({ resolution });
    const seen = [];
    for (const preset of ['default', 'bw_saver', 'extra_bw_saver']) {
      await publisher.setVideoBitratePreset(preset);
      seen.push(publisher.getMaxVideoBitrate());
    }
    return seen;
  });
}

on(ALL, 'getTargetScalabilityMode', (p) => p.getTargetScalabilityMode());
for (const mode of ['L1T1', 'L1T3', 'L3T3', 'L3T3_KEY', 'S2T1', 'none', '', null, undefined]) {
  probe(`setTargetScalabilityMode ${written(mode)}`, async (t) => {
    const publisher = await t.publisher();
    return [await t.outcome(() => publisher.setTargetScalabilityMode(mode)), publisher.getTargetScalabilityMode()];
  });
}
on(['audio only', 'not ready', 'destroyed'], 'setTargetScalabilityMode', (p) => p.setTargetScalabilityMode('L1T2'));

const connector = (log = []) => ({
  setTrack: async (track) => { log.push(`setTrack ${track && track.kind}`); return track; },
  destroy: async () => { log.push('destroy'); },
});
for (const kind of ['Video', 'Audio']) {
  const name = `set${kind}MediaProcessorConnector`;
  on(ALL, name, (p) => p[name](connector()));
  for (const [what, value] of Object.entries({ null: null, nothing: undefined, 'an object': {}, 'a string': 'x', 'half a connector': { setTrack: async (track) => track } })) {
    on(['camera'], `${name} of ${what}`, (p) => p[name](value));
  }
  probe(`${name}: the calls of a connector`, async (t) => {
    const log = [];
    const publisher = await t.publisher();
    await publisher[name](connector(log));
    log.push('set');
    await publisher[name](null);
    log.push('removed');
    publisher.destroy();
    await t.pause(100);
    return log;
  });
  probe(`${name}: a new track is what is published`, async (t) => {
    const publisher = await t.publisher();
    const other = kind === 'Video' ? t.pictures() : t.tone();
    await publisher[name]({ setTrack: async () => other, destroy: async () => {} });
    await t.pause(100);
    const shown = publisher.element.querySelector('video').srcObject.getVideoTracks()[0];
    return [kind === 'Video' ? shown === other : null, publisher.getVideoSource().track === other, publisher.getAudioSource() === other];
  });
  probe(`${name}: a connector that fails`, async (t) => {
    const publisher = await t.publisher();
    return t.outcome(() => publisher[name]({ setTrack: async () => { throw new Error('no'); }, destroy: async () => {} }));
  });
  probe(`${name}: two connectors`, async (t) => {
    const log = [];
    const publisher = await t.publisher();
    await publisher[name](connector(log));
    log.push('second');
    await publisher[name](connector(log));
    return log;
  });
}

on(ALL, 'getVideoFilter', (p) => p.getVideoFilter());
on(ALL, 'getAudioFilter', (p) => p.getAudioFilter());
on(ALL, 'clearVideoFilter', (p) => p.clearVideoFilter());
on(ALL, 'clearAudioFilter', (p) => p.clearAudioFilter());
for (const [name, value] of Object.entries({ unknown: { type: 'sparkles' }, nothing: undefined, null: null, 'a string': 'backgroundBlur', empty: {},
  'a strength that is none': { type: 'backgroundBlur', blurStrength: 'medium' }, 'no image': { type: 'backgroundReplacement' } })) {
  on(['camera'], `applyVideoFilter: ${name}`, (p) => p.applyVideoFilter(value));
}
for (const [name, value] of Object.entries({ unknown: { type: 'echo' }, nothing: undefined, null: null, 'a string': 'advancedNoiseSuppression', empty: {} })) {
  on(['camera'], `applyAudioFilter: ${name}`, (p) => p.applyAudioFilter(value));
}
on(['audio only', 'not ready', 'destroyed'], 'applyVideoFilter', (p) => p.applyVideoFilter({ type: 'backgroundBlur' }));
on(['video only', 'not ready', 'destroyed'], 'applyAudioFilter', (p) => p.applyAudioFilter({ type: 'advancedNoiseSuppression' }));
probe('an unknown videoFilter of the properties', async (t) => (await t.publisher({ videoFilter: { type: 'sparkles' } })).getVideoFilter());

for (const preset of ['BW_SAVER', 'DEFAULT', 'toString']) {
  probe(`setVideoBitratePreset ${preset}`, async (t) => {
    const publisher = await t.publisher({ audioSource: null });
    return [await t.outcome(() => publisher.setVideoBitratePreset(preset)), publisher.getVideoBitratePreset()];
  });
}
probe('getStyle of one name', async (t) => (await t.publisher({ audioSource: null })).getStyle('nameDisplayMode'));
probe('getStyle returns a copy', async (t) => {
  const publisher = await t.publisher({ audioSource: null });
  publisher.getStyle().nameDisplayMode = 'off';
  return publisher.getStyle().nameDisplayMode;
});
probe('getImgData while the video is off', async (t) => {
  const publisher = await t.publisher({ audioSource: null });
  publisher.publishVideo(false);
  await t.pause(300);
  return String(publisher.getImgData()).slice(0, 6);
});
probe('getImgData without a widget', async (t) => {
  const publisher = await t.publisher({ audioSource: null, insertDefaultUI: false }, undefined);
  return t.until(() => String(publisher.getImgData()).startsWith('iVBORw'));
});
probe('getImgData calls no handler', async (t) => {
  const publisher = await t.publisher({ audioSource: null });
  return t.completion((done) => { publisher.getImgData(done); }, 400);
});
