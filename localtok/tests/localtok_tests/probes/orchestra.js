/** Runs in the page that holds the frames: a frame for each probe, a few at a time. */
const FRAME_DEADLINE_MS = 15000;

async function openFrame(library, group) {
  const frame = document.createElement('iframe');
  Object.assign(frame, { width: 420, height: 300, src: `/frame?library=${library}&group=${group}` });
  frame.allow = 'camera; microphone; display-capture; autoplay';
  document.body.append(frame);
  await new Promise((resolve) => { frame.onload = resolve; });
  return frame;
}

async function namesOf(library, group) {
  const frame = await openFrame(library, group);
  const [names, broken] = frame.contentWindow.eval('[[...PROBES.keys()], BROKEN]');
  if (broken.length) throw new Error(`${group}.js: ${broken[0]}`);
  frame.remove();
  return [...names];
}

async function observe(library, group, name, deadline) {
  const frame = await openFrame(library, group);
  const late = new Promise((resolve) => { setTimeout(resolve, FRAME_DEADLINE_MS, { hangs: 'the frame' }); });
  try {
    return await Promise.race([late, frame.contentWindow.eval('runProbe')(name, deadline)]);
  } finally {
    frame.remove();
  }
}

/** {name: observation} of the probes of a group: of all of them, or of those named. */
async function observeAll(library, group, deadline, atOnce, chosen) {
  const waiting = chosen || await namesOf(library, group);
  const results = {};
  const worker = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      results[name] = await observe(library, group, name, deadline);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}
