/** What `OT` itself offers. */
const LEVELS = ['NONE', 'ERROR', 'WARN', 'INFO', 'LOG', 'DEBUG', 'SPAM'];

probe('TB is OT', async (t) => window.TB === t.OT);
probe('version', async (t) => [t.OT.version, t.OT.properties.version, t.OT.properties.debug]);
probe('version: cannot be changed', async (t) => {
  await t.outcome(() => { t.OT.version = 'x'; });
  return [t.OT.version, Object.keys(t.OT).includes('version')];
});
probe('promise forms', async (t) => (
  Object.keys(t.OT).filter((name) => typeof t.OT[name] === 'function' && t.OT[name].promise).sort()));
probe('properties: names', async (t) => Object.keys(t.OT.properties).sort());
probe('levels', async (t) => LEVELS.map((name) => t.OT[name]));
for (const level of [-1, 0, 1, 2, 3, 4, 5, 6, 7, '3', null, undefined, 2.5]) {
  probe(`setLogLevel: ${JSON.stringify(level)}`, async (t) => t.outcome(() => t.OT.setLogLevel(level)));
}
for (const name of ['log', 'error', 'warn', 'info', 'debug']) {
  probe(`${name}: returns nothing`, async (t) => t.outcome(() => t.OT[name]('words', 1, {})));
}
probe('APIKEY', async (t) => t.OT.APIKEY);
const MEMBERS = ['Session', 'Publisher', 'Subscriber', 'Stream', 'Connection', 'Archive', 'Capabilities', 'Event', 'Error', 'initSession',
  'initPublisher', 'getDevices', 'getUserMedia', 'getAudioOutputDevices', 'setAudioOutputDevice', 'getActiveAudioOutputDevice',
  'checkSystemRequirements', 'upgradeSystemRequirements', 'checkScreenSharingCapability', 'registerScreenSharingExtension',
  'getSupportedCodecs', 'hasMediaProcessorSupport', 'hasEndToEndEncryptionSupport', 'setProxyUrl', 'reportIssue', 'unblockAudio',
  'setLogLevel', 'log', 'on', 'once', 'off', 'addEventListener', 'removeEventListener', 'dispatchEvent', 'sessions', 'publishers',
  'subscribers', 'ExceptionCodes', 'getErrorTitleByCode'];
probe('members', async (t) => MEMBERS.map((name) => [name, typeof t.OT[name]]));
probe('members: what is not public', async (t) => ['_exception', 'capture', 'Emitter', 'Wire', 'server'].filter((name) => name in t.OT));

// -- errors --

probe('ExceptionCodes', async (t) => t.OT.ExceptionCodes);
probe('getErrorTitleByCode: all', async (t) => (
  Object.fromEntries(Array.from({ length: 6000 }, (_, code) => [`.${code}`, t.OT.getErrorTitleByCode(code)]).filter(([, title]) => title))));
probe('getErrorTitleByCode: a text', async (t) => [t.OT.getErrorTitleByCode('1004'), typeof t.OT.getErrorTitleByCode()]);
probe('Error: made by hand', async (t) => {
  const error = new t.OT.Error(5, 'words');
  return [error instanceof Error, error.name, error.code, error.message, Object.keys(error).sort()];
});
probe('errors: fields and class', async (t) => {
  const error = await t.OT.initSession('100', '1_probe').signal({}).catch((it) => it);
  return [error instanceof Error, error instanceof t.OT.Error, error.constructor === t.OT.Error, Object.keys(error).sort(),
    typeof error.stack, Object.keys(JSON.parse(JSON.stringify(error))).sort(), String(error).startsWith('OT_NOT_CONNECTED: ')];
});

// -- devices --

probe('getDevices: promise', async (t) => shape(await t.OT.getDevices()));
probe('getDevices: kinds', async (t) => [...new Set((await t.OT.getDevices()).map(({ kind }) => kind))].sort());
probe('getDevices: handler', async (t) => new Promise((resolve) => {
  t.OT.getDevices((...args) => resolve([args.length, typeof args[0], shape(args[1])]));
}));
probe('getDevices: handler after it returns', async (t) => {
  const order = [];
  await Promise.all([new Promise((resolve) => { t.OT.getDevices(() => { order.push('handler'); resolve(); }); }), order.push('returned')]);
  return order;
});
for (const value of [null, 5, 'x']) {
  probe(`getDevices: ${JSON.stringify(value)} in place of a handler`, async (t) => shape(await t.OT.getDevices(value)));
}
probe('getDevices: a handler that throws', async (t) => t.outcome(() => t.OT.getDevices(() => { throw new RangeError('x'); })));
probe('getAudioOutputDevices', async (t) => shape(await t.OT.getAudioOutputDevices()));
probe('getActiveAudioOutputDevice', async (t) => t.OT.getActiveAudioOutputDevice());
for (const value of ['nowhere', undefined, null, '', 5, {}]) {
  probe(`setAudioOutputDevice: ${JSON.stringify(value)}`, async (t) => t.outcome(() => t.OT.setAudioOutputDevice(value)));
}
probe('setAudioOutputDevice: each there is', async (t) => {
  const seen = [];
  for (const { deviceId, label } of await t.OT.getAudioOutputDevices()) {
    const end = await t.outcome(() => t.OT.setAudioOutputDevice(deviceId));
    const active = await t.OT.getActiveAudioOutputDevice();
    seen.push([end, active.deviceId === deviceId, active.label === label]);
  }
  return seen;
});
probe('unblockAudio: nothing is blocked', async (t) => t.outcome(() => t.OT.unblockAudio()));

// -- abilities --

probe('checkSystemRequirements', async (t) => [t.OT.checkSystemRequirements(), t.OT.HAS_REQUIREMENTS, t.OT.NOT_HAS_REQUIREMENTS]);
probe('getSupportedCodecs', async (t) => t.OT.getSupportedCodecs());
for (const type of [undefined, 'audio', 'video', 'both', 'other']) {
  probe(`hasMediaProcessorSupport: ${type}`, async (t) => [t.OT.hasMediaProcessorSupport(type), await t.OT.hasMediaProcessorSupport.promise(type)]);
}
probe('hasEndToEndEncryptionSupport', async (t) => t.OT.hasEndToEndEncryptionSupport());
probe('checkScreenSharingCapability: promise', async (t) => describe(await t.OT.checkScreenSharingCapability()));
probe('checkScreenSharingCapability: handler, before it returns', async (t) => {
  const order = [];
  t.OT.checkScreenSharingCapability((...args) => order.push(describe(args)));
  order.push('returned');
  return order;
});
probe('checkScreenSharingCapability: text in place of a handler', async (t) => t.outcome(() => t.OT.checkScreenSharingCapability('x')));
for (const kind of ['chrome', 'firefox', 'opera', 'safari', 'Chrome', undefined, 5]) {
  probe(`registerScreenSharingExtension: ${kind}`, async (t) => t.outcome(() => t.OT.registerScreenSharingExtension(kind, 'id', 2)));
}
probe('registerScreenSharingExtension: nothing changes', async (t) => {
  t.OT.registerScreenSharingExtension('chrome', 'id', 2);
  return describe(await t.OT.checkScreenSharingCapability());
});
probe('upgradeSystemRequirements: a dialog', async (t) => {
  const returned = t.OT.upgradeSystemRequirements();
  await t.pause(100);
  const dialog = document.querySelector('.OT_ModalDialog');
  const shown = document.querySelector('#section-supported-install');
  return [returned === undefined, Boolean(dialog), getComputedStyle(shown).display, shown.querySelector('.OT_alert-header').textContent,
    shown.querySelector('.OT_alert-close-button').getAttribute('role')];
});
probe('upgradeSystemRequirements: it is closed', async (t) => {
  t.OT.upgradeSystemRequirements();
  await t.pause(100);
  document.querySelector('#section-supported-install .OT_alert-close-button').click();
  await t.pause(100);
  const dialog = document.querySelector('.OT_ModalDialog');
  return !dialog || getComputedStyle(dialog).display === 'none';
});

// -- proxy and reports --

async function exceptionsOf(t, work) {
  const seen = [];
  t.OT.on('exception', ({ code, title }) => seen.push([code, title]));
  return [await t.outcome(work), seen];
}
probe('setProxyUrl', async (t) => exceptionsOf(t, () => t.OT.setProxyUrl('https://proxy.example')));
probe('setProxyUrl: twice', async (t) => exceptionsOf(t, () => { t.OT.setProxyUrl('https://a.example'); t.OT.setProxyUrl('https://b.example'); }));
probe('setProxyUrl: after initSession', async (t) => exceptionsOf(t, () => {
  t.OT.initSession('100', '1_probe');
  return t.OT.setProxyUrl('https://proxy.example');
}));
for (const value of [undefined, '', 5, 'nonsense']) {
  probe(`setProxyUrl: ${JSON.stringify(value)}`, async (t) => exceptionsOf(t, () => t.OT.setProxyUrl(value)));
}
probe('reportIssue: promise', async (t) => exceptionsOf(t, () => t.OT.reportIssue()));
probe('reportIssue: handler', async (t) => t.completion((done) => { t.OT.reportIssue(done); }));
probe('reportIssue: the handler is called later', async (t) => {
  const log = [];
  t.OT.reportIssue(() => log.push('handler'));
  log.push('returned');
  await t.until(() => log.length > 1);
  return log;
});
probe('reportIssue: with a session', async (t) => {
  t.OT.initSession('100', '1_probe');
  return t.outcome(() => t.OT.reportIssue());
});

// -- capture --

for (const [name, value] of Object.entries({ nothing: undefined, null: null, empty: {}, text: 'x', 'no video': { videoSource: false },
  'no audio': { audioSource: null }, neither: { audioSource: false, videoSource: null } })) {
  probe(`getUserMedia: ${name}`, async (t) => (await t.OT.getUserMedia(value)).getTracks().map(({ kind }) => kind).sort());
}
probe('getUserMedia: an unknown camera', async (t) => t.outcome(() => t.OT.getUserMedia({ videoSource: 'nowhere' })));
probe('getUserMedia: a track', async (t) => {
  const track = t.pictures();
  return (await t.OT.getUserMedia({ videoSource: track, audioSource: null })).getTracks().map((each) => each === track);
});
probe('globals', async (t) => {
  const frame = t.place('', 'iframe');
  const plain = new Set(Object.getOwnPropertyNames(frame.contentWindow));
  return ['OT', 'TB', 'Session', 'Publisher', 'sessions', 'log'].filter((name) => name in window && !plain.has(name));
});
