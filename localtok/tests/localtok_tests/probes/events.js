/** Handlers and events, on a session that is not connected. */
const target = (t) => t.OT.initSession('100', '1_probe');
const send = (t, emitter, ...types) => types.forEach((type) => emitter.dispatchEvent(new t.OT.Event(type)));

// -- adding and removing --

probe('on: what it returns', async (t) => {
  const emitter = target(t);
  const f = () => {};
  return [emitter.on('a', f), emitter.once('a', f), emitter.off('a', f), emitter.off(), emitter.addEventListener('a', f),
    emitter.removeEventListener('a', f), emitter.on({ a: f }), emitter.once({ a: f }), emitter.off({ a: f })].map((each) => each === emitter);
});
const BAD = {
  'no handler': ['a'], 'an undefined handler': ['a', undefined], 'a null handler': ['a', null], 'a number as handler': ['a', 5],
  'an object as handler': ['a', {}], 'no type': [undefined, () => {}], 'a null type': [null, () => {}], 'an empty type': ['', () => {}],
  nothing: [], 'an empty map': [{}], 'a map to a number': [{ a: 5 }], 'a number as type': [5, () => {}],
  'a null context': ['a', () => {}, null], 'a number as context': ['a', () => {}, 5], 'a text as context': ['a', () => {}, 'x'],
};
for (const method of ['on', 'once']) {
  for (const [name, args] of Object.entries(BAD)) {
    probe(`${method}: ${name}`, async (t) => t.outcome(() => target(t)[method](...args) === target(t)));
  }
}
const OFF = { 'a null handler': ['a', null], 'a number as handler': ['a', 5], 'an object as handler': ['a', {}], 'a number': [5],
  'an empty type': ['', () => {}], 'an empty map': [{}], 'a map to a number': [{ a: 5 }], 'an unknown type': ['zz', () => {}], null: [null] };
for (const [name, args] of Object.entries(OFF)) {
  probe(`off: ${name}`, async (t) => {
    const emitter = target(t);
    let heard = 0;
    emitter.on('a', () => { heard += 1; });
    const end = await t.outcome(() => emitter.off(...args) === emitter);
    send(t, emitter, 'a');
    return [end, heard];
  });
}
probe('on: several types in one text', async (t) => {
  const emitter = target(t);
  const log = [];
  emitter.on('a b  c', ({ type }) => log.push(type));
  send(t, emitter, 'a', 'b', 'c');
  emitter.off('a c');
  send(t, emitter, 'a', 'b', 'c');
  return log;
});
probe('on: only spaces separate types', async (t) => {
  const emitter = target(t);
  const log = [];
  emitter.on(' a b\tc d,e ', ({ type }) => log.push(type));
  send(t, emitter, 'a', 'b', 'c', 'd', 'e', 'b\tc', 'd,e');
  return log;
});
probe('on: signals', async (t) => {
  const emitter = target(t);
  const log = [];
  emitter.on('signal signal:x', ({ type }) => log.push(type));
  emitter.dispatchEvent(new t.OT.SignalEvent('x', 'data', null));
  emitter.dispatchEvent(new t.OT.SignalEvent(undefined, 'data', null));
  return log;
});
probe('once: several types, each once', async (t) => {
  const emitter = target(t);
  const log = [];
  emitter.once('a b', ({ type }) => log.push(type));
  send(t, emitter, 'a', 'b', 'a', 'b');
  return log;
});
probe('once: a map, whose keys are not split', async (t) => {
  const emitter = target(t);
  const log = [];
  emitter.once({ a: () => log.push('a'), 'b c': () => log.push('b c') });
  send(t, emitter, 'a', 'b', 'c', 'a');
  return log;
});
probe('on: the same handler twice; off removes one', async (t) => {
  const emitter = target(t);
  let n = 0;
  const f = () => { n += 1; };
  emitter.on('a', f);
  emitter.on('a', f);
  send(t, emitter, 'a');
  const first = n;
  emitter.off('a', f);
  send(t, emitter, 'a');
  const second = n;
  emitter.off('a', f);
  send(t, emitter, 'a');
  return [first, second, n];
});
probe('off: only the handler with this context', async (t) => {
  const emitter = target(t);
  const log = [];
  const [one, two] = [{}, {}];
  const f = function f() { log.push(this === one ? 1 : this === two ? 2 : 0); };
  emitter.on('a', f, one);
  emitter.on('a', f, two);
  emitter.on('a', f);
  for (const args of [[], ['a', f, one], ['a', f], ['a', undefined, two]]) {
    if (args.length) emitter.off(...args);
    send(t, emitter, 'a');
    log.push('|');
  }
  return log;
});
probe('off: a map with a context', async (t) => {
  const emitter = target(t);
  const log = [];
  const context = {};
  const f = () => log.push(1);
  emitter.on({ a: f, b: f }, context);
  emitter.off({ a: f });
  send(t, emitter, 'a');
  emitter.off({ a: f }, context);
  send(t, emitter, 'a', 'b');
  return log;
});
probe('off: nothing removes all', async (t) => {
  const emitter = target(t);
  const log = [];
  emitter.on('a b', ({ type }) => log.push(type));
  emitter.off('a');
  send(t, emitter, 'a', 'b');
  emitter.off();
  send(t, emitter, 'a', 'b');
  return log;
});
probe('off: a null type with a context removes all', async (t) => {
  const emitter = target(t);
  const log = [];
  emitter.on('a', () => log.push('a'));
  emitter.off(null, null, {});
  send(t, emitter, 'a');
  return log;
});
probe('off: a once handler', async (t) => {
  const emitter = target(t);
  const log = [];
  const f = () => log.push('f');
  emitter.once('a', f);
  emitter.off('a', f);
  send(t, emitter, 'a');
  emitter.once('a', f);
  emitter.on('a', f);
  emitter.off('a', f);
  send(t, emitter, 'a', 'a');
  return log;
});
probe('off: the last one that was added', async (t) => {
  const emitter = target(t);
  const log = [];
  const f = () => log.push('f');
  emitter.on('a', f);
  emitter.on('a', () => log.push('g'));
  emitter.on('a', f);
  emitter.off('a', f);
  send(t, emitter, 'a');
  return log;
});
probe('listenerCount', async (t) => {
  const emitter = target(t);
  emitter.on('a', () => {});
  emitter.once('a', () => {});
  return [emitter.listenerCount('a'), emitter.listenerCount('b')];
});

// -- calling --

probe('context: what this is', async (t) => {
  const emitter = target(t);
  const context = {};
  const log = [];
  const f = function f() { 'use strict'; log.push(this === context ? 'context' : this === emitter ? 'emitter' : typeof this); };
  emitter.on('a', f, context);
  emitter.on({ a: f }, context);
  emitter.once('a', f, context);
  emitter.on('a', f);
  send(t, emitter, 'a');
  return log;
});
probe('dispatch: in the order of adding, before it returns', async (t) => {
  const emitter = target(t);
  const log = [];
  for (const n of [1, 2, 3]) emitter.on('a', () => log.push(n));
  send(t, emitter, 'a');
  log.push('returned');
  return log;
});
probe('dispatch: one argument', async (t) => {
  const emitter = target(t);
  let seen;
  emitter.on('a', (...args) => { seen = [args.length, args[0].type, args[0].target === emitter]; });
  send(t, emitter, 'a');
  return seen;
});
probe('dispatch: handlers that are added or removed on the way', async (t) => {
  const emitter = target(t);
  const log = [];
  const second = () => log.push(2);
  emitter.on('a', () => { log.push(1); emitter.on('a', () => log.push('new')); emitter.off('a', second); });
  emitter.on('a', second);
  send(t, emitter, 'a');
  return log;
});
probe('dispatch: an event within an event', async (t) => {
  const emitter = target(t);
  const log = [];
  emitter.on('a', () => { log.push('a1'); send(t, emitter, 'b'); log.push('a1 ends'); });
  emitter.on('a', () => log.push('a2'));
  emitter.on('b', () => log.push('b'));
  send(t, emitter, 'a');
  return log;
});
probe('dispatch: a handler that throws', async (t) => {
  const emitter = target(t);
  const log = [];
  window.onerror = () => { log.push('an error of the window'); return true; };
  emitter.on('a', () => { log.push(1); throw new Error('x'); });
  emitter.on('a', () => log.push(2));
  emitter.on('b', () => log.push('b'));
  const end = await t.outcome(() => { send(t, emitter, 'a'); return 'returned'; });
  send(t, emitter, 'b');
  await t.pause(50);
  return [end, log];
});
probe('dispatch: a once handler that throws is gone, later ones are not', async (t) => {
  const emitter = target(t);
  const log = [];
  emitter.once('a', () => { log.push(1); throw new Error('x'); });
  emitter.once('a', () => log.push(2));
  send(t, emitter, 'a', 'a', 'a');
  return log;
});
for (const [name, event] of Object.entries({ undefined, null: null, 'an object': {}, text: 'a', 'a plain object with a type': { type: 'a' } })) {
  probe(`dispatchEvent: ${name}`, async (t) => {
    const emitter = target(t);
    let heard = 0;
    emitter.on('a', () => { heard += 1; });
    return [await t.outcome(() => emitter.dispatchEvent(event) === emitter), heard];
  });
}
for (const method of ['trigger', 'emit']) {
  probe(`${method}: its arguments`, async (t) => {
    const emitter = target(t);
    const log = [];
    emitter.on('a', (...args) => log.push(args));
    return [emitter[method]('a', 1, 2) === emitter, emitter[method]('b') === emitter, log];
  });
}
probe('trigger: an error event throws nothing', async (t) => t.outcome(() => { target(t).emit('error', new Error('x')); }));

// -- events --

probe('Event: fields', async (t) => {
  const event = new t.OT.Event('a');
  return [Object.keys(event).sort(), event.type, event.cancelable, event.target === undefined, event.isDefaultPrevented()];
});
probe('Event: preventing', async (t) => [true, false, undefined].map((cancelable) => {
  const event = new t.OT.Event('a', cancelable);
  event.preventDefault();
  return [event.cancelable, event.isDefaultPrevented()];
}));
probe('Event: later handlers see that it is prevented', async (t) => {
  const emitter = target(t);
  const log = [];
  emitter.on('a', (event) => event.preventDefault());
  emitter.on('a', (event) => log.push(event.isDefaultPrevented()));
  emitter.dispatchEvent(new t.OT.Event('a', true));
  emitter.dispatchEvent(new t.OT.Event('a', false));
  return log;
});
const KINDS = {
  ArchiveEvent: ['archiveStarted', { id: 'i', name: 'n' }],
  AudioInputDeviceChangedEvent: [{ deviceId: 'd', label: 'l' }],
  AudioLevelUpdatedEvent: [0.5],
  ConnectionEvent: ['connectionDestroyed', { connectionId: 'c' }, 'reason'],
  CpuPerformanceChangedEvent: ['fair'],
  DestroyedEvent: ['destroyed', {}, 'reason'],
  ExceptionEvent: ['exception', 'words', 'title', 5, {}, {}],
  MediaStoppedEvent: [{}, {}],
  MediaStreamAvailableEvent: [{}],
  MuteForcedEvent: [{ active: true }],
  SessionConnectEvent: ['sessionConnected'],
  SessionDisconnectEvent: ['sessionDisconnected', 'reason'],
  SignalEvent: ['a', 'data', { connectionId: 'c' }],
  StreamEvent: ['streamDestroyed', { streamId: 's' }, 'reason', true],
  StreamPropertyChangedEvent: ['streamPropertyChanged', { streamId: 's' }, 'hasAudio', false, true],
  VideoDimensionsChangedEvent: [{}, { width: 1, height: 1 }, { width: 2, height: 2 }],
  VideoDisableWarningEvent: ['videoDisableWarning'],
  VideoEnabledChangedEvent: ['videoDisabled', { reason: 'publishVideo' }],
};
for (const [name, args] of Object.entries(KINDS)) {
  probe(`${name}: fields`, async (t) => {
    const event = new t.OT[name](...args);
    return Object.fromEntries(Object.entries(event).map(([key, value]) => [`.${key}`, value === undefined ? 'undefined' : value]).sort());
  });
}
probe('SignalEvent: without a type', async (t) => new t.OT.SignalEvent(undefined, 'data', null).type);

// -- exception --

const fail = (t) => target(t).signal({}).catch(() => {});
probe('exception: fields', async (t) => {
  let event;
  t.OT.on('exception', (it) => { event = it; });
  const error = await target(t).forceDisconnect('x').catch((it) => it);
  return [Object.keys(event).sort(), event.cancelable, event.target === target(t), event.error === error,
    event.message === error.message, typeof event.stack, event instanceof t.OT.Event];
});
probe('exception: once and off', async (t) => {
  const log = [];
  const f = () => log.push('f');
  t.OT.on('exception', f);
  t.OT.off('exception', f);
  t.OT.once('exception', () => log.push('once'));
  await fail(t);
  await fail(t);
  return log;
});
probe('exception: what OT.on, once and off return', async (t) => {
  const f = () => {};
  return [t.OT.on('exception', f), t.OT.once('exception', f), t.OT.off('exception', f), t.OT.off()].map((each) => each === t.OT);
});
probe('exception: a handler that throws keeps the next from running', async (t) => {
  const log = [];
  t.OT.on('exception', () => { log.push(1); throw new Error('x'); });
  t.OT.on('exception', () => log.push(2));
  await target(t).signal({}, () => log.push('handler')).catch(() => log.push('rejected'));
  return log;
});
probe('exception: other events of OT', async (t) => {
  let seen;
  t.OT.on('a', (event) => { seen = [event.type, event.target === t.OT]; });
  t.OT.dispatchEvent(new t.OT.Event('a'));
  return seen;
});
probe('exception: what is none', async (t) => {
  const log = [];
  t.OT.on('exception', ({ code }) => log.push(code));
  await t.OT.setAudioOutputDevice('x').catch(() => {});
  await t.OT.getUserMedia({ videoSource: 'x' }).catch(() => {});
  await target(t).setIceConfig({}).catch(() => {});
  await t.outcome(() => target(t).getPublisherForStream());
  return log;
});
