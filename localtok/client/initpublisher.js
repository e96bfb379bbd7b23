/** The forms in which a page asks for a publisher. */

/**
 * `(target, properties, completion)`, of which any may be left out, or the older `(apiKey, target, properties, completion)`.
 * @returns {[any, any, any]} target, properties, completion
 */
function publisherArguments(args) {
  const old = typeof args[0] === 'string' && (typeof args[1] === 'string' || args[1] instanceof Element);
  const [completion, others] = withoutCompletion(args.slice(0, old ? 4 : 3));
  const [first, second] = old ? others.slice(1) : others;
  const alone = second === undefined && Object(first) === first && !(first instanceof Element);
  return alone ? [undefined, first, completion] : [first, second, completion];
}

/** @param {any[]} args @returns {Publisher | undefined} undefined if its codecs are refused */
function newPublisher(...args) {
  const [target, properties, completion] = publisherArguments(args);
  try {
    checkCodecs(Object(properties).preferredVideoCodecs);
  } catch (error) {
    guarded(completion, error);
    return undefined;
  }
  return new Publisher(target, properties, completion);
}

const initPublisher = promising(newPublisher, /** @returns {Promise<Publisher>} */ (...args) => (
  promiseOf((done) => newPublisher(...withoutCompletion(args)[1], done))));
