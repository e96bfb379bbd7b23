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

class Style {
  /** @param {Record<string, any>} initial @param {Record<string, any>} [chosen] */
  constructor(initial, chosen = {}) {
    this.values = { ...initial };
    if (chosen) this.set(chosen);
  }

  all() {
    return { ...this.values };
  }

  /** Unknown names and values are passed over. */
  set(name, value) {
    const styles = typeof name === 'string' ? { [name]: value } : name;
    for (const [key, wanted] of Object.entries(styles)) {
      if (key === 'backgroundImageURI') this.values[key] = asImage(wanted);
      else if (key in this.values && DISPLAY_MODES.includes(wanted)) this.values[key] = wanted;
    }
  }
}

/** Bare base64 data is a PNG image. */
function asImage(uri) {
  return typeof uri !== 'string' || /^(data|https?|blob):|\.|\//.test(uri) ? uri : `data:image/png;base64,${uri}`;
}
