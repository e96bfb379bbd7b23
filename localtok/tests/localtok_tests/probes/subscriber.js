/** Subscribing without a platform: only how it is refused can be observed. */
const session = (t) => t.OT.initSession('100', '1_probe');
const STREAM = { streamId: 'x', id: 'x' };

const FORMS = {
  'a stream': [STREAM], 'a stream and a target': [STREAM, 'box'], 'a target and properties': [STREAM, 'box', {}],
  'properties in place of the target': [STREAM, { insertDefaultUI: false }], nulls: [STREAM, null, null],
  'an unknown target': [STREAM, 'nowhere', {}], 'a target without default UI': [STREAM, 'box', { insertDefaultUI: false }],
  nothing: [undefined], 'a number as stream': [5], 'an element': [STREAM, document.body, { insertMode: 'append' }],
};
for (const [name, args] of Object.entries(FORMS)) {
  probe(`subscribe: not connected, ${name}`, async (t) => {
    t.place('box');
    let returned;
    const end = await t.completion((done) => { returned = session(t).subscribe(...args, done); });
    return [end, returned === undefined, document.querySelectorAll('.OT_subscriber').length];
  });
}
probe('subscribe: without a handler', async (t) => t.outcome(() => session(t).subscribe(STREAM)));
probe('subscribe: without anything', async (t) => t.outcome(() => session(t).subscribe()));
probe('subscribe: a function in place of the stream is no handler', async (t) => {
  const seen = [];
  session(t).subscribe(() => seen.push('called'));
  await t.pause(50);
  return seen;
});
probe('subscribe: a handler that is none', async (t) => t.outcome(() => session(t).subscribe(STREAM, 'box', {}, 5)));
probe('subscribe: a handler that throws', async (t) => t.outcome(() => session(t).subscribe(STREAM, 'box', {}, () => { throw new RangeError('x'); })));
probe('subscribe: handler, exception, return', async (t) => {
  const order = [];
  t.OT.on('exception', ({ code, title, target }) => order.push(code, title, target === session(t)));
  session(t).subscribe(STREAM, 'box', {}, () => order.push('handler'));
  order.push('returned');
  return order;
});
probe('subscribe: the page is left alone', async (t) => {
  const box = t.place('box');
  session(t).subscribe(STREAM, box, {}, () => {});
  return box.outerHTML;
});
probe('subscribe.promise: not connected', async (t) => t.outcome(() => session(t).subscribe.promise(STREAM, 'box', {})));
probe('subscribe.promise: a stream alone', async (t) => t.outcome(() => session(t).subscribe.promise(STREAM)));
probe('subscribe.promise: nothing', async (t) => t.outcome(() => session(t).subscribe.promise()));
probe('subscribe: while connecting', async (t) => {
  session(t).connect('token', () => {});
  return t.completion((done) => session(t).subscribe(STREAM, 'box', {}, done));
});
probe('subscribers: none', async (t) => [t.OT.subscribers.length(), t.OT.subscribers.get('x') === undefined, typeof t.OT.Subscriber]);
