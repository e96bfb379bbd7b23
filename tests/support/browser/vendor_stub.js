/**
 * Appended to the vendor's library in the page: what needs its platform is answered by the test, through the binding
 * `platform`, which is a client of localtok. All else is the library's own.
 */
(() => {
  const initSession = OT.initSession;
  const answered = new WeakSet();
  // What is published now, by session, and every publisher that ever was.
  window.published = {};
  window.publishers = [];

  OT.initSession = (...args) => {
    const session = initSession(...args);
    if (!answered.has(session)) answer(session);
    answered.add(session);
    return session;
  };

  function answer(session) {
    const ask = (op, more = {}) => window.platform({ op, sessionId: session.sessionId, ...more });
    const finish = (asked, done) => { asked.then(() => done(), (error) => done(error)); };

    session.connect = (token, done) => { finish(ask("connect", { token }), done); return session; };
    session.disconnect = async () => {
      window.published[session.sessionId] = [];
      await ask("disconnect");
    };
    session.publish = (publisher, done) => {
      const name = window.nameOf(publisher);
      const asked = ask("publish", { name }).then((streamId) => {
        (window.published[session.sessionId] ??= []).push({ publisher, streamId });
      });
      finish(asked, done);
      return publisher;
    };
    session.unpublish = (publisher) => {
      const all = window.published[session.sessionId] ?? [];
      const one = all.find((each) => each.publisher === publisher);
      window.published[session.sessionId] = all.filter((each) => each !== one);
      if (one) ask("unpublish", { streamId: one.streamId });
    };
  }

  // The name is an option of the publisher, and is not to be read from it before there is a stream.
  const names = new WeakMap();
  const initPublisher = OT.initPublisher;
  OT.initPublisher = (target, properties, done) => {
    const publisher = initPublisher(target, properties, done);
    names.set(publisher, properties.name);
    window.publishers.push(publisher);
    return publisher;
  };
  window.nameOf = (publisher) => names.get(publisher);
})();
