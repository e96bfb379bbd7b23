/** How calls end: completion handlers, promises, and `exception` events. */

/** @typedef {(error?: OTError) => void} Completion */

/** Calls a page's completion handler, without a context; what it throws is the caller's. */
function finish(completion, ...args) {
  if (typeof completion === 'function') completion(...args);
}

/** Calls a page's handler after its call has returned: what the handler throws is logged. */
function guarded(handler, ...args) {
  try {
    finish(handler, ...args);
  } catch (error) {
    log(1, 'An error occurred in an event handler', error);
  }
}

/** Fires the `exception` event of an error. @param {Error & OTError} error @param {object} target */
function report(error, target) {
  log(1, `${error.name}:`, error.message);
  const event = new ExceptionEvent('exception', error.message, TITLES[error.code], error.code, target, target, error);
  OT.dispatchEvent(Object.assign(event, { stack: error.stack }));
}

/** Ends a call at once: its completion handler, then the exception. @returns {Error & OTError} the error */
function refuse(target, error, completion) {
  finish(completion, error);
  report(error, target);
  return error;
}

/** Calls back with the outcome of a promise; what fails is an exception of the library, too. */
function complete(promise, completion, target) {
  promise.then(() => guarded(completion), (error) => {
    guarded(completion, error);
    report(error, target);
  });
}

/**
 * A promise of the library. If a page ignores it, its rejection is not reported as unhandled, as with the vendor's.
 * @template Value @param {Promise<Value>} promise @returns {Promise<Value>}
 */
function quiet(promise) {
  promise.catch(() => {});
  return promise;
}

/**
 * The promise form of a call: `work(completion)` returns what the promise resolves with.
 * @template Value @param {(completion: Completion) => Value} work @returns {Promise<Value>}
 */
function promiseOf(work) {
  return quiet(new Promise((resolve, reject) => {
    let value;
    value = work((error) => (error ? reject(error) : resolve(value)));
  }));
}

/**
 * A method that is also called as `method.promise(…)`.
 * @template {Function} Method @template {Function} Form
 * @param {Method} method @param {Form} promise @returns {Method & {promise: Form}}
 */
function promising(method, promise) {
  return Object.assign(method, { promise });
}

/** The arguments of a call with a trailing completion handler, as [completion, others]. */
function withoutCompletion(args) {
  return [args.find((each) => typeof each === 'function'), args.filter((each) => typeof each !== 'function')];
}
