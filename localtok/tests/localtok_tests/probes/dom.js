// What a publisher puts into the page: elements, classes, styles, controls.

const REPLACED = { audioSource: null };

function look(t, publisher) {
  const { element } = publisher;
  return { tree: t.tree(element), width: element.style.width, height: element.style.height };
}

probe('the widget', async (t) => look(t, await t.publisher()));
probe('the widget of audio only', async (t) => look(t, await t.publisher({ videoSource: null })));
probe('the widget of video only', async (t) => look(t, await t.publisher({ audioSource: null })));
probe('the widget with a name', async (t) => look(t, await t.publisher({ name: 'Ann' })));
probe('the widget without controls', async (t) => look(t, await t.publisher({ showControls: false })));
probe('the widget of given tracks', async (t) => look(t, await t.publisher({ videoSource: t.pictures(), audioSource: t.tone() })));
probe('the widget with publishVideo false', async (t) => look(t, await t.publisher({ publishVideo: false })));
probe('the widget with publishAudio false', async (t) => look(t, await t.publisher({ publishAudio: false })));
probe('the widget with every display on', async (t) => look(t, await t.publisher({
  name: 'Ann',
  style: { nameDisplayMode: 'on', buttonDisplayMode: 'on', audioLevelDisplayMode: 'on', archiveStatusDisplayMode: 'auto' },
})));
probe('the widget with every display off', async (t) => look(t, await t.publisher({
  name: 'Ann',
  style: { nameDisplayMode: 'off', buttonDisplayMode: 'off', audioLevelDisplayMode: 'off', archiveStatusDisplayMode: 'off' },
})));
probe('the widget with fitMode contain', async (t) => look(t, await t.publisher({ fitMode: 'contain' })));
probe('the widget with mirror false', async (t) => look(t, await t.publisher({ mirror: false })));
probe('the widget with mirror true of a given track', async (t) => look(t, await t.publisher({ mirror: true, videoSource: t.pictures() })));
probe('the widget while the camera opens', async (t) => {
  const publisher = t.OT.initPublisher(t.place(), {});
  return t.tree(publisher.element);
});
probe('attributes of the widget', async (t) => {
  const publisher = await t.publisher({ name: 'Ann' }, t.place('mine'));
  const attributes = {};
  for (const each of [publisher.element, ...publisher.element.querySelectorAll('*')]) {
    attributes[t.classes(each).join(' ') || each.tagName] = [...each.attributes]
      .filter(({ name }) => !['id', 'class', 'style', 'src'].includes(name)).map(({ name, value }) => `${name}=${value}`).sort();
  }
  return attributes;
});
probe('texts of the widget', async (t) => {
  const publisher = await t.publisher({ name: 'Ann' });
  return [...publisher.element.querySelectorAll('*')].filter((each) => !each.children.length && each.textContent)
    .map((each) => [t.classes(each), each.textContent]);
});
probe('the name is text, not markup', async (t) => {
  const publisher = await t.publisher({ name: '<b>Ann</b>' });
  const name = publisher.element.querySelector('.OT_name');
  return name && [name.textContent, name.children.length];
});

for (const mode of [undefined, 'replace', 'append', 'before', 'after', 'inside']) {
  probe(`insertMode ${mode}`, async (t) => {
    const outer = t.place('outer');
    outer.innerHTML = '<p id="first"></p><div id="target" class="mine" title="kept"><i></i></div><p id="last"></p>';
    const publisher = await t.publisher({ ...REPLACED, ...(mode ? { insertMode: mode } : {}) }, 'target');
    const target = document.getElementById('target');
    const { element } = publisher;
    return {
      order: [...outer.children].map((each) => (each === element ? 'the widget' : each.id)),
      inside: [...target.children].map((each) => (each === element ? 'the widget' : each.tagName)).slice(0, 1),
      same: element === target, id: publisher.id === 'target', classes: t.classes(target), title: target.title,
    };
  });
}
probe('no target: where the widget goes', async (t) => {
  t.place('first');
  const publisher = await t.publisher({}, undefined);
  const { element } = publisher;
  return [element && element.parentElement.tagName, element && element === document.body.lastElementChild];
});
probe('an unknown id: where the widget goes', async (t) => {
  const publisher = await t.publisher({}, 'nowhere');
  const { element } = publisher;
  return [element && element.parentElement.tagName, element && element.id.replace(/[0-9a-f]/g, 'x')];
});
probe('an element that is not in the page', async (t) => {
  const loose = document.createElement('div');
  const publisher = await t.publisher({}, loose);
  return [publisher.element === loose, loose.isConnected, t.classes(loose)];
});
probe('a target that is not a div', async (t) => {
  const publisher = await t.publisher({}, t.place('s', 'section'));
  return [publisher.element.tagName, publisher.element.id, t.classes(publisher.element)];
});

for (const [name, size] of Object.entries({
  none: {}, numbers: { width: 200, height: 100 }, strings: { width: '200', height: '100' },
  pixels: { width: '200px', height: '100px' }, percent: { width: '50%', height: '100%' },
  'width alone': { width: 400 }, 'height alone': { height: 50 }, zero: { width: 0, height: 0 },
  auto: { width: 'auto', height: 'auto' }, words: { width: 'wide', height: 'tall' }, em: { width: '10em', height: '5em' },
})) {
  probe(`size: ${name}`, async (t) => {
    const { element } = await t.publisher({ ...REPLACED, ...size });
    return [element.style.width, element.style.height, element.offsetWidth, element.offsetHeight];
  });
}
probe('the size of a sized target', async (t) => {
  const place = t.place();
  place.style.cssText = 'width: 300px; height: 150px';
  const { element } = await t.publisher(REPLACED, place);
  return [element.style.width, element.style.height, element.offsetWidth];
});

probe('the video element', async (t) => {
  const video = (await t.publisher()).element.querySelector('video');
  const { autoplay, muted, playsInline, controls, volume, paused } = video;
  return { autoplay, muted, playsInline, controls, volume, paused, source: describe(video.srcObject), src: video.getAttribute('src'),
    tracks: video.srcObject && video.srcObject.getTracks().map(({ kind }) => kind).sort(), style: video.getAttribute('style') };
});
probe('the computed look', async (t) => {
  const { element } = await t.publisher();
  const video = element.querySelector('video');
  const style = getComputedStyle(element);
  const inner = getComputedStyle(video);
  return { position: style.position, overflow: style.overflow, color: style.color, background: style.backgroundColor,
    fit: inner.objectFit, transform: inner.transform, width: inner.width, height: inner.height, display: inner.display };
});
probe('the computed look of contain', async (t) => {
  const { element } = await t.publisher({ fitMode: 'contain', mirror: false });
  const inner = getComputedStyle(element.querySelector('video'));
  return { fit: inner.objectFit, transform: inner.transform };
});
probe('what is shown of the controls', async (t) => {
  const { element } = await t.publisher({ name: 'Ann' });
  const shown = {};
  for (const each of element.querySelectorAll('*')) {
    const { display, visibility, opacity, position } = getComputedStyle(each);
    shown[t.classes(each).join(' ') || each.tagName] = [display, visibility, opacity, position];
  }
  return shown;
});
probe('styles are inserted inline', async (t) => {
  await t.publisher();
  const styles = [...document.querySelectorAll('style, link[rel=stylesheet]')];
  return styles.map((each) => [each.tagName, each.parentElement.tagName, each.id, each.type]);
});
probe('styles before a publisher', async () => (
  [...document.querySelectorAll('style, link[rel=stylesheet]')].map((each) => [each.tagName, each.parentElement.tagName])));
probe('globals of the page', async () => ['OT', 'TB', 'Vonage', 'OTHelpers', 'TBPlugin'].map((name) => typeof window[name]));

probe('publishVideo false and true: classes', async (t) => {
  const publisher = await t.publisher();
  const seen = [t.classes(publisher.element)];
  publisher.publishVideo(false);
  await t.pause(300);
  seen.push(t.classes(publisher.element));
  publisher.publishVideo(true);
  await t.pause(600);
  seen.push(t.classes(publisher.element));
  return seen;
});
probe('publishAudio false and true: classes', async (t) => {
  const publisher = await t.publisher();
  const button = () => t.classes(publisher.element.querySelector('button'));
  const seen = [button()];
  publisher.publishAudio(false);
  await t.pause(100);
  seen.push(button(), t.classes(publisher.element));
  publisher.publishAudio(true);
  await t.pause(100);
  seen.push(button());
  return seen;
});
probe('the mute button mutes', async (t) => {
  const publisher = await t.publisher();
  const button = publisher.element.querySelector('button');
  const enabled = () => publisher.getAudioSource().enabled;
  const seen = [enabled()];
  button.click();
  await t.pause(100);
  seen.push(enabled(), t.classes(button));
  button.click();
  await t.pause(100);
  seen.push(enabled(), t.classes(button));
  return seen;
});
probe('the mute button\'s label', async (t) => {
  const publisher = await t.publisher();
  const button = publisher.element.querySelector('button');
  const say = () => [button.title, button.getAttribute('aria-label'), button.textContent];
  const seen = [say()];
  publisher.publishAudio(false);
  await t.pause(100);
  seen.push(say());
  return seen;
});

const STYLES = {
  nameDisplayMode: ['auto', 'on', 'off'],
  buttonDisplayMode: ['auto', 'on', 'off', 'mini', 'mini-auto'],
  audioLevelDisplayMode: ['auto', 'on', 'off'],
  archiveStatusDisplayMode: ['auto', 'off', 'on'],
  videoDisabledDisplayMode: ['auto', 'on', 'off'],
};
for (const [style, values] of Object.entries(STYLES)) {
  probe(`setStyle ${style}: the elements`, async (t) => {
    const publisher = await t.publisher({ name: 'Ann' });
    const seen = {};
    for (const value of values) {
      publisher.setStyle(style, value);
      await t.pause(30);
      seen[value] = [publisher.getStyle()[style], t.tree(publisher.element)];
    }
    return seen;
  });
  probe(`setStyle ${style} to nonsense`, async (t) => {
    const publisher = await t.publisher();
    return [await t.outcome(() => publisher.setStyle(style, 'sometimes')), publisher.getStyle()[style]];
  });
}
probe('setStyle: a name at first', async (t) => {
  const publisher = await t.publisher({ name: 'Ann', style: { nameDisplayMode: 'on' } });
  return [publisher.getStyle(), t.classes(publisher.element.querySelector('.OT_name'))];
});
probe('setStyle backgroundImageURI', async (t) => {
  const publisher = await t.publisher();
  const url = 'data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==';
  const end = await t.outcome(() => publisher.setStyle('backgroundImageURI', url));
  const poster = publisher.element.querySelector('.OT_video-poster');
  return [end, publisher.getStyle().backgroundImageURI === url, poster && poster.style.backgroundImage.slice(0, 20)];
});
probe('setStyle off', async (t) => {
  const publisher = await t.publisher();
  return [await t.outcome(() => publisher.setStyle('backgroundImageURI', 'off')), publisher.getStyle().backgroundImageURI];
});
probe('setStyle of a map', async (t) => {
  const publisher = await t.publisher();
  return [await t.outcome(() => publisher.setStyle({ nameDisplayMode: 'off', buttonDisplayMode: 'on' })), publisher.getStyle()];
});
probe('setStyle of an unknown name', async (t) => {
  const publisher = await t.publisher();
  return [await t.outcome(() => publisher.setStyle('colour', 'red')), publisher.getStyle()];
});
probe('setStyle without arguments', async (t) => (await t.publisher()).getStyle && t.outcome(() => t.OT.initPublisher().setStyle()));
probe('setStyle before it is ready', async (t) => {
  const publisher = t.OT.initPublisher(t.place(), {});
  const end = await t.outcome(() => publisher.setStyle('nameDisplayMode', 'off'));
  await t.pause(500);
  return [end, publisher.getStyle().nameDisplayMode];
});
probe('setStyle without a widget', async (t) => {
  const publisher = await t.publisher({ insertDefaultUI: false }, undefined);
  return [await t.outcome(() => publisher.setStyle('nameDisplayMode', 'off')), publisher.getStyle()];
});
probe('getStyle at first', async (t) => (await t.publisher()).getStyle());
probe('getStyle before it is ready', async (t) => t.OT.initPublisher(t.place(), {}).getStyle());
probe('getStyle without a widget', async (t) => (await t.publisher({ insertDefaultUI: false }, undefined)).getStyle());

probe('destroy: the page afterwards', async (t) => {
  const place = t.place('mine');
  const publisher = await t.publisher({}, place);
  publisher.destroy();
  await t.pause(100);
  return [place.isConnected, place.children.length, t.classes(place), describe(publisher.element), describe(publisher.id)];
});
probe('destroy: the page afterwards, append', async (t) => {
  const place = t.place('mine');
  const publisher = await t.publisher({ insertMode: 'append' }, place);
  publisher.destroy();
  await t.pause(100);
  return [place.isConnected, place.children.length];
});
probe('destroy: a video element that the page has placed', async (t) => {
  const place = t.place();
  const publisher = t.OT.initPublisher(undefined, { insertDefaultUI: false });
  publisher.on('videoElementCreated', ({ element }) => place.append(element));
  await t.until(() => place.children.length);
  const attributes = place.firstChild.getAttributeNames().sort();
  publisher.destroy();
  return [attributes, place.children.length];
});
for (const [name, properties] of Object.entries({
  'sound and picture': {}, 'sound alone': { publishVideo: false }, 'no video source': { videoSource: null },
  'no video source, muted': { videoSource: null, publishAudio: false }, 'picture alone': { publishAudio: false },
  'neither sound nor picture': { publishVideo: false, publishAudio: false }, 'no audio source': { audioSource: null },
  'no audio source, no picture': { audioSource: null, publishVideo: false },
})) {
  for (const mode of ['auto', 'on']) {
    probe(`the level meter, ${mode}: ${name}`, async (t) => {
      const publisher = await t.publisher({ ...properties, style: { audioLevelDisplayMode: mode } });
      const meter = publisher.element.querySelector('.OT_audio-level-meter');
      const log = [t.classes(meter)];
      for (const value of [false, true]) {
        publisher.publishAudio(value);
        await t.pause(50);
        log.push(t.classes(meter));
      }
      return log;
    });
  }
}
probe('the bar, the name and the button are at the top', async (t) => {
  const publisher = await t.publisher({ name: 'Ann', style: { nameDisplayMode: 'on', buttonDisplayMode: 'on' } });
  const top = (element) => Math.round(element.getBoundingClientRect().top);
  return ['bar', 'name', 'mute'].map((each) => top(publisher.element.querySelector(`.OT_${each}`)) - top(publisher.element));
});
probe('the widget is removed from the page', async (t) => {
  const publisher = await t.publisher();
  const log = t.events(publisher, ['destroyed', 'mediaStopped', 'streamDestroyed']);
  publisher.element.remove();
  await t.pause(400);
  return [log, publisher.getVideoSource().track && publisher.getVideoSource().track.readyState];
});
probe('without a widget: the element', async (t) => {
  const publisher = t.OT.initPublisher({ insertDefaultUI: false });
  const element = await new Promise((resolve) => { publisher.on('videoElementCreated', (event) => resolve(event.element)); });
  return { tag: element.tagName, classes: t.classes(element), connected: element.isConnected, parent: describe(element.parentNode),
    muted: element.muted, autoplay: element.autoplay, style: element.getAttribute('style') };
});
probe('without a widget: what is in the page', async (t) => {
  const before = document.body.children.length;
  await t.publisher({ insertDefaultUI: false }, undefined);
  return document.body.children.length - before;
});
probe('without a widget, given tracks: the element plays', async (t) => {
  const publisher = t.OT.initPublisher(undefined, { insertDefaultUI: false, videoSource: t.pictures(), audioSource: t.tone() });
  const element = await new Promise((resolve) => { publisher.on('videoElementCreated', (event) => resolve(event.element)); });
  document.body.append(element);
  return [await t.until(() => element.videoWidth === 320), element.muted];
});
probe('without a widget, audio only: the element', async (t) => {
  const publisher = t.OT.initPublisher(undefined, { insertDefaultUI: false, videoSource: null });
  const log = t.events(publisher, ['videoElementCreated', 'accessAllowed', 'mediaStreamAvailable', 'videoDimensionsChanged']);
  await t.pause(600);
  return log;
});
for (const [width, height] of [[48, 48], [61, 61], [100, 100], [128, 96], [160, 120], [200, 100], [200, 150], [300, 100]]) {
  probe(`classes at ${width}x${height}`, async (t) => t.classes((await t.publisher({ audioSource: null, width, height })).element));
}
probe('classes after the widget becomes small', async (t) => {
  const { element } = await t.publisher({ audioSource: null });
  Object.assign(element.style, { width: '60px', height: '60px' });
  await t.until(() => element.classList.contains('OT_micro'));
  return t.classes(element);
});
probe('what a target keeps', async (t) => {
  const place = t.place('mine');
  Object.assign(place, { innerHTML: '<b>text</b>', className: 'kept', title: 'kept' });
  place.style.cssText = 'width: 500px; color: red';
  await t.publisher({ audioSource: null }, place);
  return [place.style.color, place.style.width, t.classes(place), place.title, place.querySelector('b')];
});
probe('setStyle: when it shows', async (t) => {
  const publisher = await t.publisher({ name: 'Ann' });
  const off = () => publisher.element.querySelector('.OT_name').classList.contains('OT_mode-off');
  publisher.setStyle('nameDisplayMode', 'off');
  const seen = [off()];
  await null;
  return [...seen, off()];
});
probe('publishVideo(false): when it shows', async (t) => {
  const publisher = await t.publisher({ audioSource: null });
  publisher.publishVideo(false);
  return publisher.element.classList.contains('OT_audio-only');
});
probe('controls are held in view for two seconds', async (t) => {
  const publisher = t.OT.initPublisher(t.place(), { name: 'Ann' });
  const held = () => publisher.element.querySelector('.OT_bar').classList.contains('OT_mode-on-hold');
  return [held(), await t.until(() => !held(), 4000)];
});
probe('style showArchiveStatus', async (t) => {
  const publisher = await t.publisher({ audioSource: null });
  publisher.setStyle('showArchiveStatus', false);
  return publisher.getStyle();
});
probe('styles of the properties that are partly unknown', async (t) => (
  (await t.publisher({ style: { nameDisplayMode: 'sometimes', colour: 'red', buttonDisplayMode: 'mini' } })).getStyle()));
for (const uri of ['http://a/b.png', 'https://a/b', 'data:image/png;base64,AAAA', 'data:image/gif;base64,AAAA', '/x.png', 'x', '', null, '//a/b']) {
  probe(`backgroundImageURI ${uri}`, async (t) => {
    const publisher = await t.publisher({ audioSource: null });
    publisher.setStyle('backgroundImageURI', uri);
    return publisher.getStyle().backgroundImageURI;
  });
}
for (const [name, buttons] of [['on', 'off'], ['on', 'mini'], ['off', 'on'], ['off', 'auto'], ['off', 'off'], ['off', 'mini-auto'], ['auto', 'on'], ['auto', 'off']]) {
  probe(`the bar with names ${name} and buttons ${buttons}`, async (t) => {
    const publisher = await t.publisher({ name: 'Ann', audioSource: null, style: { nameDisplayMode: name, buttonDisplayMode: buttons } });
    return ['bar', 'name'].map((each) => t.classes(publisher.element.querySelector(`.OT_${each}`)));
  });
}
