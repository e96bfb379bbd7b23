const TIMEOUT_MS = 20_000;

/** @type {Promise<typeof OT> | null} */
let loading = null;

/**
 * The OT object of the platform's script. A load that failed is tried again by the next call.
 *
 * @param {string} url of the script
 * @param {string} proxyUrl what the library sends all but media through; "" for none
 * @returns {Promise<typeof OT>}
 */
export function loadScript(url, proxyUrl = "") {
  if (window.OT) return Promise.resolve(window.OT);
  loading ??= load(url).then((OT) => {
    // The vendor wants this called before any other method.
    if (proxyUrl) OT.setProxyUrl(proxyUrl);
    return OT;
  }).catch((error) => {
    loading = null;
    throw error;
  });
  return loading;
}

/** @returns {Promise<typeof OT>} */
function load(url) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    const fail = () => {
      script.remove();
      reject(new Error("the video platform's script does not load"));
    };
    const timer = setTimeout(fail, TIMEOUT_MS);
    script.addEventListener("error", () => { clearTimeout(timer); fail(); });
    script.addEventListener("load", () => {
      clearTimeout(timer);
      if (window.OT) resolve(window.OT);
      else fail();
    });
    script.src = url;
    document.head.append(script);
  });
}
