/**
 * Runs in the frame of one probe, after the library under test.
 *
 * `probe(name, work)` registers a probe: `work(t)` returns what it observes, as JSON. `t` is a Trial: the library
 * and helpers. A frame lives for one probe, so that no state leaks. Keys named `message` are shown but not compared.
 */
const PROBES = new Map();
// A script that ends early would hide its other probes.
const BROKEN = [];
window.addEventListener('error', ({ message }) => BROKEN.push(message));

function probe(name, work) {
  if (PROBES.has(name)) throw new Error(`two probes are named ${name}`);
  PROBES.set(name, work);
}

/** An error as an observation. */
function faultOf(error) {
  if (error === null || typeof error !== 'object') return describe(error);
  const { name, code, message } = error;
  return { name, code: code === undefined ? 'none' : code, message };
}

/** The kind of a value: primitives as they are, objects by class, arrays by what they hold. */
function describe(value) {
  if (value === undefined) return 'undefined';
  if (value === null || ['boolean', 'number', 'string'].includes(typeof value)) return value;
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return value.map(describe);
  const known = Object.entries({ publisher: Publishers, promise: Promise, error: Error, stream: MediaStream,
    track: MediaStreamTrack, element: Element }).find(([, type]) => type && value instanceof type);
  if (known) return `a ${known[0]}`;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, describe(value[key])]));
}

/** The type of a value, without the value: `{"deviceId": "string"}`. */
function shape(value) {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length ? [shape(value[0])] : [];
  if (typeof value !== 'object') return typeof value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return describe(value);
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, shape(value[key])]));
}

const Publishers = typeof OT.Publisher === 'function' ? OT.Publisher : undefined;
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

class Trial {
  constructor() {
    this.OT = window.OT;
  }

  /** A new element in the page. */
  place(id = '', tag = 'div') {
    const element = document.createElement(tag);
    if (id) element.id = id;
    document.body.append(element);
    return element;
  }

  /** The constraints that the browser was asked for: [{getUserMedia: …}]. */
  get asked() {
    return ASKED;
  }

  /** Lets `work(constraints, open)` answer instead of the browser's getUserMedia or getDisplayMedia. */
  instead(name, work) {
    INSTEAD[name] = work;
  }

  /** Lets a capture fail with a DOMException of this name. */
  failing(error, name = 'getUserMedia') {
    this.instead(name, () => Promise.reject(new DOMException('made up', error)));
  }

  pause(ms) {
    return pause(ms);
  }

  /** Waits until `condition` holds; whether it did. */
  async until(condition, ms = 2500) {
    for (const end = performance.now() + ms; performance.now() < end; await pause(20)) {
      if (await condition()) return true;
    }
    return false;
  }

  /** A live video track of moving colours. */
  pictures(width = 320, height = 240) {
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('2d');
    let n = 0;
    setInterval(() => {
      context.fillStyle = `hsl(${(n += 20)} 90% 50%)`;
      context.fillRect(0, 0, width, height);
    }, 40);
    return canvas.captureStream(25).getVideoTracks()[0];
  }

  /** A live audio track of a tone. */
  tone() {
    const audio = new AudioContext();
    const oscillator = new OscillatorNode(audio, { frequency: 440 });
    const end = new MediaStreamAudioDestinationNode(audio);
    oscillator.connect(end);
    oscillator.start();
    return end.stream.getAudioTracks()[0];
  }

  /** Records which of these events come, in order. */
  events(emitter, names, log = []) {
    for (const name of names) emitter.on(name, () => log.push(name));
    return log;
  }

  /** What calling `work` does: {thrown}, {returned}, {resolved}, {rejected} or {hangs}. */
  async outcome(work, ms = 1500) {
    let value;
    try {
      value = work();
    } catch (error) {
      return { thrown: faultOf(error) };
    }
    if (!value || typeof value.then !== 'function') return { returned: describe(value) };
    const late = pause(ms).then(() => ({ hangs: true }));
    return Promise.race([late, value.then((it) => ({ resolved: describe(it) }), (error) => ({ rejected: faultOf(error) }))]);
  }

  /** What a completion handler is called with: {called: fault or 'nothing'}, or {hangs}; or {thrown}. */
  async completion(work, ms = 3000) {
    let done;
    const called = new Promise((resolve) => { done = resolve; });
    try {
      work((...args) => done({ called: args.length && args[0] ? faultOf(args[0]) : 'nothing' }));
    } catch (error) {
      return { thrown: faultOf(error) };
    }
    return Promise.race([called, pause(ms).then(() => ({ hangs: true }))]);
  }

  /** A publisher that is ready: its completion handler was called without an error. In a new element if none is said. */
  async publisher(properties = {}, ...targets) {
    const target = targets.length ? targets[0] : this.place();
    let publisher;
    await new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error('the publisher does not become ready')), 4000);
      publisher = this.OT.initPublisher(target, properties, (error) => (error ? reject(error) : resolve()));
    });
    return publisher;
  }

  /** How initPublisher with these arguments ends. */
  async init(...args) {
    let publisher;
    const end = await this.completion((done) => { publisher = this.OT.initPublisher(...args, done); });
    return { ...end, returned: describe(publisher) };
  }

  /** The elements below and including `element`: `tag.class.class` with children, without ids. */
  tree(element) {
    const name = [element.tagName.toLowerCase(), ...this.classes(element)].join('.');
    const children = [...element.children].map((child) => this.tree(child));
    return children.length ? { [name]: children } : name;
  }

  /** Classes in order; the one that goes away after two seconds is left out. */
  classes(element) {
    return element ? [...element.classList].filter((name) => name !== 'OT_mode-on-hold').sort() : null;
  }
}

async function runProbe(name, deadline) {
  const late = pause(deadline).then(() => ({ hangs: `no answer in ${deadline} ms` }));
  const work = (async () => PROBES.get(name)(new Trial()))();
  try {
    const observed = await Promise.race([late, work]);
    return JSON.parse(JSON.stringify(observed === undefined ? 'undefined' : observed));
  } catch (error) {
    return { fails: faultOf(error) };
  }
}
