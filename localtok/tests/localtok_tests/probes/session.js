/** Sessions that are not connected: no platform can be reached. */
const KEY = '100';
const ID = '1_probe';
const init = (t) => t.OT.initSession(KEY, ID);
// The vendor's library tries for seconds; a browser delays sockets to a server that refused some.
const CONNECT_MS = 9000;
/** How connecting ends. */
const connecting = (t, work) => t.completion(work, CONNECT_MS);

/** Which `exception` events come while `work` runs, as [code, title, whether the session is the target]. */
async function exceptions(t, session, work) {
  const seen = [];
  t.OT.on('exception', ({ code, title, target }) => seen.push([code, title ?? 'none', target === session]));
  const result = await work();
  await t.pause(30);
  return { result, seen };
}

// -- initSession --

const INIT_ARGUMENTS = {
  none: [], undefined: [undefined], null: [null], 'a key and null': [KEY, null], 'two empty strings': ['', ''],
  'an id alone': [ID], 'a number as key': [100, ID], 'a number as id': [KEY, 5], objects: [{}, {}],
  'an empty id': [KEY, ''], 'null options': [KEY, ID, null], 'unknown options': [KEY, ID, { nonsense: 1 }],
  'a function as options': [KEY, ID, () => {}], 'options in place of the id': [KEY, { sessionMigration: true }],
  'all options': [KEY, ID, { connectionEventsSuppressed: true, ipWhitelist: true, singlePeerConnection: true, sessionMigration: true }],
};
for (const [name, args] of Object.entries(INIT_ARGUMENTS)) {
  probe(`initSession: ${name}`, async (t) => t.outcome(() => {
    const session = t.OT.initSession(...args);
    return [session instanceof t.OT.Session, session.sessionId === undefined ? 'undefined' : session.sessionId, session.id];
  }));
}
const ICE = {
  'not an object': 'x', empty: {}, null: null, 'other servers': { includeServers: 'none' },
  'relay without servers': { includeServers: 'custom', transportPolicy: 'relay', customServers: [] },
  'a wrong policy': { includeServers: 'all', transportPolicy: 'some' },
  'servers that are no list': { includeServers: 'all', transportPolicy: 'all', customServers: 'x' },
  'a server with url': { includeServers: 'all', transportPolicy: 'all', customServers: [{ url: 'turn:x' }] },
  good: { includeServers: 'custom', transportPolicy: 'all', customServers: [{ urls: 'turn:x', username: 'a', credential: 'b' }] },
};
for (const [name, iceConfig] of Object.entries(ICE)) {
  probe(`initSession: iceConfig ${name}`, async (t) => t.outcome(() => t.OT.initSession(KEY, ID, { iceConfig }) instanceof t.OT.Session));
  probe(`setIceConfig: ${name}`, async (t) => t.outcome(() => init(t).setIceConfig(iceConfig)));
}
probe('setIceConfig: nothing', async (t) => t.outcome(() => init(t).setIceConfig()));
for (const secret of [undefined, null, '', 'short', 'a secret of good length', 5]) {
  probe(`setEncryptionSecret: ${JSON.stringify(secret)}`, async (t) => t.outcome(() => init(t).setEncryptionSecret(secret)));
}
probe('initSession: the same id is the same object', async (t) => {
  const first = t.OT.initSession(KEY, ID);
  const others = [t.OT.initSession(KEY, ID), t.OT.initSession(ID), t.OT.initSession('200', ID), t.OT.initSession(KEY, '1_other')];
  return others.map((other) => other === first);
});
probe('initSession: without an id there is a new object each time', async (t) => (
  [t.OT.initSession(KEY, '') === t.OT.initSession(KEY, ''), t.OT.initSession() === t.OT.initSession()]));
probe('initSession: the first key stays', async (t) => {
  const first = t.OT.initSession(ID);
  const again = t.OT.initSession(KEY, ID);
  return connecting(t, (done) => again.connect('token', done)).then((end) => [first === again, end]);
});

// -- what a session is before it is connected --

probe('session: before connecting', async (t) => {
  const { currentState, connection, sessionId, id } = init(t);
  return { currentState, connection: connection === null ? 'null' : typeof connection, sessionId, id };
});
probe('session: isConnected, is, isNot', async (t) => {
  const session = init(t);
  return [session.isConnected(), session.is('disconnected'), session.is('connecting', 'disconnected'), session.isNot('connected')];
});
for (const name of ['publish', 'subscribe', 'forceUnpublish', 'forceDisconnect', 'forceMute', 'supportsWebRTC']) {
  probe(`capabilities: ${name}`, async (t) => [init(t).capabilities[name], init(t).capabilities.permittedTo(name)]);
}
probe('capabilities: an unknown one', async (t) => [init(t).capabilities.nonsense === undefined, init(t).capabilities.permittedTo('nonsense')]);
probe('capabilities: end-to-end encryption', async (t) => init(t).capabilities.supportsE2ee);
const METHODS = ['connect', 'disconnect', 'publish', 'unpublish', 'subscribe', 'unsubscribe', 'signal', 'forceDisconnect',
  'forceUnpublish', 'forceMuteStream', 'forceMuteAll', 'disableForceMute', 'getPublisherForStream', 'getSubscribersForStream',
  'setEncryptionSecret', 'setIceConfig', 'on', 'once', 'off', 'isConnected'];
probe('session: methods', async (t) => METHODS.map((name) => [name, typeof init(t)[name]]));
for (const name of ['connect', 'publish', 'subscribe']) {
  probe(`session: ${name}.promise`, async (t) => [typeof init(t)[name].promise, Object.keys(init(t)[name])]);
}
probe('session: promise forms', async (t) => {
  const session = init(t);
  return Object.keys(session).filter((name) => typeof session[name] === 'function' && session[name].promise).sort();
});
probe('session: made by hand, it is not listed', async (t) => {
  const session = new t.OT.Session(KEY, '1_hand');
  return [session.sessionId, session.isConnected(), t.OT.sessions.has('1_hand'), t.OT.initSession(KEY, '1_hand') === session];
});
const FOREIGN = ['apiKey', 'token', 'connected', 'properties', 'loading', 'version', 'state', 'publishers', 'subscribers'];
probe('session: what is not public', async (t) => FOREIGN.filter((name) => name in init(t)));
probe('collections: empty ones', async (t) => {
  const { connections, streams, archives } = init(t);
  return [connections.length(), streams.length(), archives.length(), String(connections), connections.has('x'),
    connections.get('x') === undefined, connections.find({ id: 'x' }) === undefined, connections.where({}), connections.map((x) => x)];
});
probe('collections: forEach returns the collection', async (t) => init(t).streams.forEach(() => {}) === init(t).streams);
probe('OT.sessions: lists them', async (t) => {
  const [a, b] = ['1_a', '1_b'].map((id) => t.OT.initSession(KEY, id));
  const { sessions } = t.OT;
  return [sessions.length(), sessions.get('1_a') === a, sessions.find({ id: '1_b' }) === b, sessions.find((x) => x.id === '1_b') === b,
    sessions.where({ id: '1_a' }).length, sessions.map(({ id }) => id), sessions.has('1_c')];
});

// -- connecting --

const TOKENS = { text: 'token', empty: '', undefined, null: null, 'a number': 5, 'an object': {} };
for (const [name, token] of Object.entries(TOKENS)) {
  probe(`connect: a token that is ${name}`, async (t) => connecting(t, (done) => init(t).connect(token, done)));
}
probe('connect: returns the session, connecting', async (t) => {
  const session = init(t);
  return [session.connect('token', () => {}) === session, session.currentState, session.isConnected()];
});
const FORMS = { nothing: [], token: ['token'], 'key and token': [KEY, 'token'], 'a null handler': [KEY, 'token', null],
  'a handler alone': [() => {}], 'a number as handler': ['token', 5], 'an object as handler': ['token', {}] };
for (const [name, args] of Object.entries(FORMS)) {
  probe(`connect: form with ${name}`, async (t) => t.outcome(() => t.OT.initSession(ID).connect(...args) instanceof t.OT.Session));
}
probe('connect: key and token, as of old', async (t) => connecting(t, (done) => t.OT.initSession(ID).connect(KEY, 'token', done)));
probe('connect: a key that came with connect stays', async (t) => {
  const session = t.OT.initSession(ID);
  const first = await connecting(t, (done) => session.connect(KEY, 'token', done));
  return [first, await connecting(t, (done) => session.connect('token', done))];
});
probe('connect: without a key', async (t) => connecting(t, (done) => t.OT.initSession(ID).connect('token', done)));
probe('connect: with an empty id', async (t) => connecting(t, (done) => t.OT.initSession(KEY, '').connect('token', done)));
probe('connect: without key and id', async (t) => connecting(t, (done) => t.OT.initSession().connect('token', done)));
probe('connect: with an empty key', async (t) => connecting(t, (done) => t.OT.initSession('', ID).connect('token', done)));
probe('connect: exception, then the handler', async (t) => {
  const order = [];
  const session = init(t);
  t.OT.on('exception', () => order.push('exception'));
  await new Promise((resolve) => { session.connect('token', () => { order.push('handler'); resolve(); }); order.push('returned'); });
  return [order, session.currentState];
});
probe('connect: exceptions', async (t) => {
  const session = init(t);
  return exceptions(t, session, () => connecting(t, (done) => session.connect('token', done)));
});
probe('connect: exceptions without a key', async (t) => {
  const session = t.OT.initSession(ID);
  return exceptions(t, session, () => connecting(t, (done) => session.connect('token', done)));
});
probe('connect.promise', async (t) => t.outcome(() => init(t).connect.promise('token'), CONNECT_MS));
probe('connect.promise: without a token', async (t) => t.outcome(() => init(t).connect.promise(), CONNECT_MS));
probe('connect.promise: key and token', async (t) => t.outcome(() => t.OT.initSession(ID).connect.promise(KEY, 'token'), CONNECT_MS));
probe('connect: a second call while connecting is passed over', async (t) => {
  const session = init(t);
  const ends = [];
  session.connect('a', () => ends.push('first'));
  session.connect('b', () => ends.push('second'));
  await t.until(() => ends.length, CONNECT_MS);
  await t.pause(300);
  return ends;
});
probe('connect: again after it failed', async (t) => {
  const session = init(t);
  const first = await connecting(t, (done) => session.connect('a', done));
  return [first, await connecting(t, (done) => session.connect('a', done)), session.currentState];
});
probe('connect: no events of the session when it fails', async (t) => {
  const session = init(t);
  const log = t.events(session, ['sessionConnected', 'sessionDisconnected', 'sessionReconnecting', 'connectionCreated', 'exception']);
  await connecting(t, (done) => session.connect('a', done));
  return log;
});
probe('connect: two sessions at once', async (t) => {
  const ends = ['1_a', '1_b'].map((id) => connecting(t, (done) => t.OT.initSession(KEY, id).connect('token', done)));
  return Promise.all(ends);
});
probe('connect: a handler that throws', async (t) => {
  const seen = [];
  window.onerror = () => { seen.push('an error of the window'); return true; };
  init(t).connect('token', () => { seen.push('handler'); throw new Error('x'); });
  await t.until(() => seen.length, CONNECT_MS);
  await t.pause(200);
  return seen;
});
probe('disconnect: before connecting', async (t) => {
  const session = init(t);
  const log = t.events(session, ['sessionDisconnected']);
  return [await t.outcome(() => session.disconnect()), session.currentState, log];
});
probe('disconnect: while connecting, the handler is not called', async (t) => {
  const session = init(t);
  const log = t.events(session, ['sessionDisconnected']);
  session.connect('token', () => log.push('handler'));
  const end = await t.outcome(() => session.disconnect());
  const state = session.currentState;
  await t.pause(2500);
  return [end, state, log];
});
probe('disconnect: the next connect calls the handlers of both', async (t) => {
  const session = init(t);
  const log = [];
  session.connect('token', () => log.push('first'));
  await session.disconnect();
  session.connect('token', () => log.push('second'));
  await t.until(() => log.includes('second'), CONNECT_MS);
  return log;
});

// -- not connected --

const CALLS = {
  signal: (s, ...done) => s.signal({ type: 'a', data: 'b' }, ...done),
  forceDisconnect: (s, ...done) => s.forceDisconnect('x', ...done),
  forceUnpublish: (s, ...done) => s.forceUnpublish('x', ...done),
  forceMuteStream: (s) => s.forceMuteStream({ streamId: 'x' }),
  forceMuteAll: (s) => s.forceMuteAll(),
  disableForceMute: (s) => s.disableForceMute(),
};
for (const [name, work] of Object.entries(CALLS)) {
  probe(`${name}: not connected`, async (t) => {
    const session = init(t);
    return exceptions(t, session, () => t.outcome(() => work(session)));
  });
}
for (const name of ['signal', 'forceDisconnect', 'forceUnpublish']) {
  probe(`${name}: the handler's error, before it returns`, async (t) => {
    const order = [];
    const end = await t.completion((done) => {
      const promise = CALLS[name](init(t), (error) => { order.push('handler'); done(error); });
      order.push('returned');
      promise.catch(() => order.push('rejected'));
    });
    await t.pause(30);
    return [end, order];
  });
  probe(`${name}: handler and promise have the same error`, async (t) => {
    let handed;
    const rejected = await CALLS[name](init(t), (error) => { handed = error; }).catch((error) => error);
    return handed === rejected;
  });
  probe(`${name}: a handler that throws`, async (t) => t.outcome(() => CALLS[name](init(t), () => { throw new TypeError('x'); })));
}
const MISSING = {
  'signal: nothing': (s) => s.signal(), 'signal: an empty one': (s) => s.signal({}), 'signal: null': (s) => s.signal(null),
  'signal: a handler that is none': (s) => s.signal({}, 5), 'forceDisconnect: nothing': (s) => s.forceDisconnect(),
  'forceUnpublish: nothing': (s) => s.forceUnpublish(), 'forceMuteStream: nothing': (s) => s.forceMuteStream(),
  'forceMuteAll: streams': (s) => s.forceMuteAll([{ streamId: 'x' }]),
};
for (const [name, work] of Object.entries(MISSING)) {
  probe(name, async (t) => {
    const session = init(t);
    return exceptions(t, session, () => t.outcome(() => work(session)));
  });
}
const SIGNALS = [{ type: 5 }, { type: 'a b' }, { data: { a: 1 } }, { to: 'x' }, { type: 'x'.repeat(200) }, { data: 'x'.repeat(9000) }];
probe('signal: not connected comes before all else', async (t) => (
  Promise.all(SIGNALS.map((signal) => t.outcome(() => init(t).signal(signal))))));
probe('promises: what is rejected is not reported as unhandled', async (t) => {
  const seen = [];
  window.addEventListener('unhandledrejection', (event) => { seen.push('unhandled'); event.preventDefault(); });
  const session = init(t);
  Object.values(CALLS).forEach((work) => work(session));
  session.setIceConfig({});
  t.OT.setAudioOutputDevice('none');
  await t.pause(300);
  return seen;
});

// -- publishing --

const PUBLISHED = { nothing: [], null: [null], 'an object': [{}], 'a number': [5], 'an unknown id': ['nowhere'], 'properties': ['box', {}] };
for (const [name, args] of Object.entries(PUBLISHED)) {
  probe(`publish: not connected, ${name}`, async (t) => {
    const session = init(t);
    return exceptions(t, session, async () => {
      let returned;
      const end = await t.completion((done) => { returned = session.publish(...args, done); });
      return [end, returned, document.querySelectorAll('.OT_publisher').length];
    });
  });
}
probe('publish: not connected, a publisher', async (t) => {
  const session = init(t);
  const publisher = await t.publisher({ videoSource: t.pictures(), audioSource: null });
  const end = await t.completion((done) => session.publish(publisher, done));
  return [end, publisher.session === undefined, publisher.stream === undefined, document.querySelectorAll('.OT_publisher').length];
});
probe('publish.promise: not connected', async (t) => [
  await t.outcome(() => init(t).publish.promise()), await t.outcome(() => init(t).publish.promise('box', {}))]);
probe('publish: a handler that throws', async (t) => t.outcome(() => init(t).publish('box', {}, () => { throw new RangeError('x'); })));
probe('publish: the handler before the exception', async (t) => {
  const order = [];
  t.OT.on('exception', () => order.push('exception'));
  init(t).publish('box', {}, () => order.push('handler'));
  order.push('returned');
  return order;
});
for (const [name, value] of Object.entries({ nothing: undefined, null: null, 'an object': {}, text: 'x', 'a number': 5 })) {
  probe(`unpublish: ${name}`, async (t) => t.outcome(() => init(t).unpublish(value)));
  probe(`unsubscribe: ${name}`, async (t) => t.outcome(() => init(t).unsubscribe(value)));
  probe(`getPublisherForStream: ${name}`, async (t) => t.outcome(() => init(t).getPublisherForStream(value)));
  probe(`getSubscribersForStream: ${name}`, async (t) => t.outcome(() => init(t).getSubscribersForStream(value)));
}
probe('getPublisherForStream: a stream of another session', async (t) => [
  await t.outcome(() => init(t).getPublisherForStream({ id: 'x' })), await t.outcome(() => init(t).getPublisherForStream({ streamId: 'x' }))]);
probe('unpublish: a publisher that is not published stays', async (t) => {
  const publisher = await t.publisher({ videoSource: t.pictures(), audioSource: null });
  const log = t.events(publisher, ['destroyed', 'streamDestroyed']);
  const end = await t.outcome(() => init(t).unpublish(publisher));
  await t.pause(100);
  return [end, log, document.querySelectorAll('.OT_publisher').length];
});
