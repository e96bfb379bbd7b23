/** Runs before the library: it may keep the browser's own functions, so that they must be wrapped beforehand. */
const ASKED = [];
const INSTEAD = {};
for (const name of ['getUserMedia', 'getDisplayMedia']) {
  const open = navigator.mediaDevices[name].bind(navigator.mediaDevices);
  navigator.mediaDevices[name] = (constraints) => {
    ASKED.push({ [name]: JSON.parse(JSON.stringify(constraints)) });
    return INSTEAD[name] ? INSTEAD[name](constraints, open) : open(constraints);
  };
}
