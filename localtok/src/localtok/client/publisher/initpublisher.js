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

/** Whether there is a target, and nothing to insert into it. */
function hasTargetWithoutUI(target, properties) {
  return properties.insertDefaultUI === false && Boolean(targetOf(target));
}

function targetWithoutUIError() {
  return otError('OT_INVALID_PARAMETER', 'insertDefaultUI is false: there is nothing to insert into the target.');
}

/** Why a publisher is refused, or undefined. */
function refusalOf(target, given) {
  const properties = Object(given);
  if (given !== undefined && given !== null && properties !== given) {
    return otError('OT_INVALID_PARAMETER', 'The properties of a publisher are an object.');
  }
  if (hasTargetWithoutUI(target, properties)) {
    return targetWithoutUIError();
  }
  if (isOff(properties.audioSource) && isOff(properties.videoSource)) {
    return otError('OT_INVALID_PARAMETER', 'audioSource and videoSource cannot both be off.');
  }
  return undefined;
}

/** What is left out is the vendor's default; what is null is an error of the page. */
function refuseNull(properties) {
  const name = Object.keys(properties).find((each) => properties[each] === null);
  if (name) throw new TypeError(`The property ${name} of a publisher is null.`);
}
