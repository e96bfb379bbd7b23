// Which events a publisher has, when, and what they carry.

const EVENTS = ['accessAllowed', 'accessDenied', 'accessDialogOpened', 'accessDialogClosed', 'audioInputDeviceChanged', 'destroyed', 'mediaStopped',
  'mediaStreamAvailable', 'streamCreated', 'streamDestroyed', 'videoDimensionsChanged', 'videoElementCreated', 'videoEnabled', 'videoDisabled',
  'videoDisableWarning', 'videoDisableWarningLifted', 'muteForced', 'loaded', 'publishVideo', 'privateEvents', 'audioLevelUpdated'];
const QUIET = EVENTS.filter((name) => name !== 'audioLevelUpdated');

const WAYS = {
  camera: {}, 'audio only': { videoSource: null }, 'video only': { audioSource: null },
  'given tracks': (t) => ({ videoSource: t.pictures(), audioSource: t.tone() }),
  'a given video track': (t) => ({ videoSource: t.pictures(), audioSource: null }),
  'publishVideo false': { publishVideo: false }, 'publishAudio false': { publishAudio: false },
};
for (const [name, properties] of Object.entries(WAYS)) {
  for (const insertDefaultUI of [true, false]) {
    probe(`order: ${name}${insertDefaultUI ? '' : ', without a widget'}`, async (t) => {
      const log = [];
      const given = { ...(typeof properties === 'function' ? properties(t) : properties), insertDefaultUI };
      const publisher = t.OT.initPublisher(insertDefaultUI ? t.place() : undefined, given, (error) => log.push(error ? error.name : 'completion'));
      t.events(publisher, QUIET, log);
      await t.pause(900);
      return log;
    });
  }
}
probe('order: a refused target', async (t) => {
  const log = [];
  const publisher = t.OT.initPublisher(t.place(), { insertDefaultUI: false }, (error) => log.push(error.name));
  t.events(publisher, QUIET, log);
  t.OT.on('exception', ({ code, title }) => log.push(`exception ${code} ${title}`));
  await t.pause(400);
  return log;
});
probe('order: an unknown camera', async (t) => {
  const log = [];
  t.OT.on('exception', ({ code, title }) => log.push(`exception ${code} ${title}`));
  const publisher = t.OT.initPublisher(t.place(), { videoSource: 'no-such-camera' }, (error) => log.push(error.name));
  t.events(publisher, QUIET, log);
  await t.pause(700);
  return [log, publisher.accessAllowed, t.tree(document.body)];
});
probe('an exception of a refused publisher', (t) => new Promise((resolve) => {
  t.OT.on('exception', (event) => resolve(shape({ ...event })));
  setTimeout(resolve, 800, 'none');
  t.OT.initPublisher(t.place(), { videoSource: 'no-such-camera' }, () => {});
}));
probe('an exception without a completion handler', (t) => new Promise((resolve) => {
  t.OT.on('exception', ({ code, title, message }) => resolve({ code, title, message }));
  setTimeout(resolve, 800, 'none');
  t.OT.initPublisher(t.place(), { videoSource: 'no-such-camera' });
}));
probe('order: access is denied', async (t) => {
  const log = [];
  t.failing('NotAllowedError');
  const publisher = t.OT.initPublisher(t.place(), {}, (error) => log.push(`${error.name} ${error.code}`));
  t.events(publisher, QUIET, log);
  await t.pause(800);
  return [log, publisher.accessAllowed, t.tree(document.body)];
});
for (const name of ['NotAllowedError', 'NotFoundError', 'NotReadableError', 'AbortError', 'OverconstrainedError', 'SecurityError', 'TypeError',
  'PermissionDeniedError', 'PermissionDismissedError', 'DevicesNotFoundError', 'TrackStartError', 'ConstraintNotSatisfiedError', 'Other']) {
  probe(`a capture that fails: ${name}`, (t) => {
    t.failing(name);
    return t.init(t.place(), {});
  });
}
probe('order: access takes a while', async (t) => {
  const log = [];
  t.instead('getUserMedia', async (constraints, open) => { await t.pause(1500); return open(constraints); });
  const publisher = t.OT.initPublisher(t.place(), {}, (error) => log.push(error ? error.name : 'completion'));
  t.events(publisher, QUIET, log);
  await t.pause(2600);
  return log;
});

for (const name of ['accessAllowed', 'mediaStreamAvailable', 'videoElementCreated', 'videoDimensionsChanged']) {
  probe(`fields: ${name}`, (t) => new Promise((resolve) => {
    const publisher = t.OT.initPublisher(t.place(), {});
    publisher.on(name, (event) => resolve({ ...shape({ ...event }), type: event.type, cancelable: event.cancelable, own: event.target === publisher,
      prevented: [event.isDefaultPrevented(), event.preventDefault(), event.isDefaultPrevented()] }));
  }));
}
probe('values: videoDimensionsChanged', async (t) => {
  const publisher = t.OT.initPublisher(t.place(), {});
  const log = [];
  publisher.on('videoDimensionsChanged', ({ oldValue, newValue }) => log.push([oldValue, newValue]));
  await t.pause(700);
  return log;
});
probe('values: videoDimensionsChanged of a given track', async (t) => {
  const publisher = t.OT.initPublisher(t.place(), { videoSource: t.pictures(200, 100), audioSource: null });
  const log = [];
  publisher.on('videoDimensionsChanged', ({ oldValue, newValue }) => log.push([oldValue, newValue]));
  await t.pause(700);
  return log;
});
probe('fields: destroyed', async (t) => {
  const publisher = await t.publisher();
  return new Promise((resolve) => {
    publisher.on('destroyed', (event) => resolve({ ...shape({ ...event }), type: event.type, cancelable: event.cancelable, own: event.target === publisher }));
    publisher.destroy();
  });
});
probe('fields: accessDenied', async (t) => {
  t.failing('NotAllowedError');
  return new Promise((resolve) => {
    const publisher = t.OT.initPublisher(t.place(), {});
    publisher.on('accessDenied', (event) => resolve({ ...shape({ ...event }), type: event.type, title: event.title, code: event.code, own: event.target === publisher }));
  });
});
probe('what loaded hands to handlers', async (t) => new Promise((resolve) => {
  const publisher = t.OT.initPublisher(t.place(), {});
  publisher.on('loaded', (...given) => resolve([given.length, given[0] === publisher]));
}));
probe('fields: audioLevelUpdated', async (t) => {
  const publisher = await t.publisher({ audioSource: t.tone() });
  return new Promise((resolve) => {
    setTimeout(resolve, 2000, 'none');
    publisher.on('audioLevelUpdated', (event) => resolve(shape({ ...event })));
  });
});
probe('audioLevelUpdated: heard and muted', async (t) => {
  const publisher = await t.publisher({ audioSource: t.tone() });
  const levels = [];
  publisher.on('audioLevelUpdated', ({ audioLevel }) => levels.push(audioLevel));
  await t.until(() => levels.some((level) => level > 0.1));
  const loud = levels.some((level) => level > 0.1);
  publisher.publishAudio(false);
  await t.pause(500);
  levels.length = 0;
  await t.pause(500);
  return [loud, levels.length > 0, levels.every((level) => level === 0)];
});
probe('audioLevelUpdated: ends with off', async (t) => {
  const publisher = await t.publisher({ audioSource: t.tone() });
  let heard = 0;
  const handler = () => { heard += 1; };
  publisher.on('audioLevelUpdated', handler);
  await t.until(() => heard > 3);
  publisher.off('audioLevelUpdated', handler);
  heard = 0;
  await t.pause(300);
  return heard;
});
probe('audioLevelUpdated of video only', async (t) => {
  const publisher = await t.publisher({ audioSource: null });
  let heard = 0;
  publisher.on('audioLevelUpdated', () => { heard += 1; });
  await t.pause(400);
  return heard > 0;
});

probe('destroy: order', async (t) => {
  const publisher = await t.publisher();
  const log = t.events(publisher, QUIET);
  publisher.destroy();
  log.push('returned');
  await t.pause(300);
  return log;
});
probe('destroy: twice', async (t) => {
  const publisher = await t.publisher();
  const log = t.events(publisher, QUIET);
  publisher.destroy();
  publisher.destroy();
  await t.pause(200);
  return log;
});
probe('destroy: before it is ready', async (t) => {
  const log = [];
  const publisher = t.OT.initPublisher(t.place(), {}, (error) => log.push(error ? `${error.name} ${error.code}` : 'completion'));
  t.events(publisher, QUIET, log);
  publisher.destroy();
  await t.pause(800);
  return [log, publisher.accessAllowed, document.querySelectorAll('video').length];
});
for (const name of ['accessAllowed', 'videoDimensionsChanged', 'mediaStreamAvailable', 'videoElementCreated', 'loaded']) {
  probe(`destroy: while handling ${name}`, async (t) => {
    const log = [];
    const publisher = t.OT.initPublisher(t.place(), {}, (error) => log.push(error ? error.name : 'completion'));
    t.events(publisher, QUIET, log);
    publisher.on(name, () => publisher.destroy());
    // There may be a wait for a first picture, which never comes.
    await t.pause(name === 'videoElementCreated' ? 5500 : 900);
    return log;
  });
}
probe('destroy: what is left of it', async (t) => {
  const publisher = await t.publisher({}, t.place('mine'));
  const track = publisher.getVideoSource().track;
  publisher.destroy();
  await t.pause(100);
  return { state: track.readyState, accessAllowed: publisher.accessAllowed, element: describe(publisher.element), id: describe(publisher.id),
    stream: describe(publisher.stream), session: describe(publisher.session), source: shape(publisher.getVideoSource()),
    audio: describe(publisher.getAudioSource()), size: [publisher.videoWidth(), publisher.videoHeight()] };
});
probe('destroy: handlers afterwards', async (t) => {
  const publisher = await t.publisher();
  publisher.destroy();
  return t.outcome(() => publisher.on('accessAllowed', () => {}));
});
probe('publishVideo and publishAudio: events', async (t) => {
  const publisher = await t.publisher();
  const log = t.events(publisher, QUIET);
  publisher.publishVideo(false);
  await t.pause(400);
  log.push('on');
  publisher.publishVideo(true);
  await t.pause(700);
  log.push('audio');
  publisher.publishAudio(false).publishAudio(true);
  await t.pause(100);
  return log;
});
probe('publishVideo before it is ready: events', async (t) => {
  const publisher = t.OT.initPublisher(t.place(), {});
  const log = t.events(publisher, QUIET);
  publisher.publishVideo(false);
  await t.pause(900);
  return [log, t.classes(publisher.element), shape(publisher.getVideoSource())];
});
probe('a given track ends', async (t) => {
  const context = new AudioContext();
  const videoSource = t.pictures();
  const publisher = await t.publisher({ videoSource, audioSource: null });
  const log = [];
  publisher.on('mediaStopped', (event) => log.push(['mediaStopped', describe(event.track), event.cancelable]));
  t.events(publisher, ['destroyed', 'streamDestroyed'], log);
  videoSource.stop();
  videoSource.dispatchEvent(new Event('ended'));
  await t.pause(300);
  await context.close();
  return log;
});
probe('the camera ends', async (t) => {
  const publisher = await t.publisher();
  const { track } = publisher.getVideoSource();
  const log = [];
  publisher.on('mediaStopped', (event) => log.push(['mediaStopped', event.track === track, event.cancelable]));
  t.events(publisher, ['destroyed', 'streamDestroyed'], log);
  track.stop();
  track.dispatchEvent(new Event('ended'));
  await t.pause(300);
  return log;
});
probe('setAudioSource: events', async (t) => {
  const publisher = await t.publisher();
  const log = t.events(publisher, QUIET);
  await t.outcome(() => publisher.setAudioSource(t.tone()));
  await t.pause(200);
  return log;
});
probe('cycleVideo: events', async (t) => {
  const publisher = await t.publisher();
  const log = t.events(publisher, QUIET);
  await t.outcome(() => publisher.cycleVideo());
  await t.pause(300);
  return log;
});
probe('handlers: this without and with a context', async (t) => {
  const publisher = await t.publisher();
  const context = {};
  const seen = [];
  publisher.on('destroyed', function handler() { seen.push(this === undefined || this === window ? 'none' : this === publisher ? 'publisher' : 'other'); });
  publisher.on('destroyed', function handler() { seen.push(this === context); }, context);
  publisher.destroy();
  await t.pause(200);
  return seen;
});
probe('handlers: returned by on, once, off', async (t) => {
  const publisher = await t.publisher();
  const nothing = () => {};
  return [publisher.on('x', nothing), publisher.once('x', nothing), publisher.off('x', nothing), publisher.off()].map((it) => it === publisher);
});
probe('loaded comes once', async (t) => {
  const publisher = t.OT.initPublisher(t.place(), { audioSource: null });
  const log = t.events(publisher, ['loaded']);
  await t.until(() => log.length);
  await publisher.publishVideo.promise(false);
  await publisher.publishVideo.promise(true);
  await t.pause(300);
  return log;
});
probe('dispatchEvent of a page', async (t) => {
  const publisher = await t.publisher({ audioSource: null });
  const log = t.events(publisher, ['streamCreated']);
  publisher.dispatchEvent(new t.OT.Event('streamCreated'));
  return log;
});
probe('publishVideo true after false at first: sizes', async (t) => {
  const publisher = await t.publisher({ audioSource: null, publishVideo: false });
  const log = t.events(publisher, ['videoDimensionsChanged']);
  await publisher.publishVideo.promise(true);
  await t.pause(400);
  return [log, publisher.videoWidth(), publisher.videoHeight()];
});
probe('a given picture changes its size', async (t) => {
  const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240 });
  const context = canvas.getContext('2d');
  setInterval(() => {
    context.fillStyle = `hsl(${Math.random() * 360} 90% 50%)`;
    context.fillRect(0, 0, 999, 999);
  }, 40);
  const publisher = await t.publisher({ audioSource: null, videoSource: canvas.captureStream(25).getVideoTracks()[0] });
  const log = [];
  publisher.on('videoDimensionsChanged', ({ oldValue, newValue }) => log.push([oldValue, newValue]));
  Object.assign(canvas, { width: 200, height: 100 });
  await t.until(() => log.length);
  return [log, publisher.videoWidth(), publisher.videoHeight()];
});
