/** The styles of default widgets: which of its controls are shown. */

const WIDGET_STYLE = {
  audioLevelDisplayMode: 'auto',
  backgroundImageURI: null,
  buttonDisplayMode: 'auto',
  nameDisplayMode: 'auto',
  videoDisabledDisplayMode: 'auto',
};
const SUBSCRIBER_STYLE = { ...WIDGET_STYLE, audioBlockedDisplayMode: 'auto' };
const DISPLAY_MODES = ['auto', 'on', 'off'];
const BUTTON_MODES = [...DISPLAY_MODES, 'mini', 'mini-auto'];

class Style {
  /** @param {Record<string, any>} initial @param {Record<string, any>} [chosen] */
  constructor(initial, chosen = {}) {
    this.values = { ...initial };
    if (chosen) this.set(chosen);
  }

  /** @returns {any} */
  all() {
    return { ...this.values };
  }

  /** Unknown names and values are passed over. */
  set(name, value) {
    const styles = typeof name === 'string' ? { [name]: value } : name;
    for (const [key, wanted] of Object.entries(styles)) {
      if (key === 'backgroundImageURI') this.values[key] = asImage(wanted);
      else if (key in this.values && modesOf(key).includes(wanted)) this.values[key] = wanted;
    }
  }
}

/** @param {string} style @returns {any[]} the values that it may have */
function modesOf(style) {
  if (style === 'showArchiveStatus') return [true, false];
  return style === 'buttonDisplayMode' ? BUTTON_MODES : DISPLAY_MODES;
}

/** What is no address of the web is the data of a PNG image, as `getImgData` returns it. */
function asImage(uri) {
  return !uri || /^(https?:\/\/|data:image\/png;base64,)/.test(uri) ? uri : `data:image/png;base64,${uri}`;
}
