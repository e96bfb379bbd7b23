/** The controls of a default widget: which elements there are, and the classes that style them. */

/** Time until controls that hide are no longer held in view. */
const ON_HOLD_MS = 2000;

/** An element of these classes, which the prefix OT_ is left out of, with children. */
function made(tag, classes, ...children) {
  const element = document.createElement(tag);
  element.className = classes.split(' ').filter(Boolean).map((name) => `OT_${name}`).join(' ');
  element.append(...children);
  return element;
}

/** Replaces the display mode of an element. */
function setMode(element, mode) {
  const others = [...element.classList].filter((name) => name.startsWith('OT_mode-') && name !== 'OT_mode-on-hold');
  element.classList.remove(...others);
  element.classList.add(`OT_mode-${mode}`);
}

class Controls {
  /**
   * @param {{name: string, audio: boolean, style: Style, shown: boolean, toggle: () => void, light?: boolean}} options
   *   `audio`: whether there is something to mute, `shown`: false for none of them, `toggle` hears clicks on the mute
   *   button, `light`: whether it shows that an archive runs
   */
  constructor({ name, audio, style, shown, toggle, light = true }) {
    this.name = name;
    this.style = style;
    this.shown = shown;
    this.bar = made('div', 'bar edge-bar-item');
    this.heading = made('h1', 'name edge-bar-item', name || '');
    this.archivingStatus = made('div', 'archiving-status mode-on edge-bar-item edge-bottom');
    this.archiving = made('h1', 'archiving edge-bar-item edge-bottom archiving-off mode-off',
      made('div', 'archiving-light-box', made('div', 'archiving-light')), this.archivingStatus);
    this.mute = audio ? made('button', 'edge-bar-item mute', 'Mute') : null;
    if (this.mute) Object.assign(this.mute, { type: 'button', onclick: toggle });
    this.level = made('div', 'audio-level-meter__value');
    this.meter = made('div', 'audio-level-meter', made('div', 'audio-level-meter__audio-only-img'), this.level);
    this.indicator = made('div', 'video-disabled-indicator');
    this.elements = [this.bar, this.heading, light ? this.archiving : null, this.mute, this.meter, this.indicator].filter(Boolean);
    this._begin();
  }

  /** What hides by itself is in view at first. */
  _begin() {
    this.restyle();
    this.held = [...this.elements.filter((each) => /OT_mode-(auto|mini-auto)/.test(each.className))];
    if (this._of('audioLevelDisplayMode') === 'auto') this.held.push(this.meter);
    this.held = this.held.filter((each) => !/OT_mode-mini/.test(each.className));
    for (const each of this.held) each.classList.add('OT_mode-on-hold');
    this.timer = setTimeout(() => this.held.forEach((each) => each.classList.remove('OT_mode-on-hold')), ON_HOLD_MS);
  }

  /** @param {string} style */
  _of(style) {
    return this.shown ? this.style.all()[style] : 'off';
  }

  /** Gives each element the mode that the styles say. */
  restyle() {
    const [name, button] = [this._of('nameDisplayMode'), this._of('buttonDisplayMode')];
    setMode(this.bar, name === 'on' ? 'on' : button === 'off' ? name : button);
    setMode(this.heading, this.name ? name : 'off');
    if (this.mute) setMode(this.mute, button);
    // The vendor's indicator keeps the mode that it was made with.
    if (!/OT_mode-/.test(this.indicator.className)) this._indicate();
    this.showMeter();
  }

  _indicate() {
    const mode = this._of('videoDisabledDisplayMode');
    setMode(this.indicator, mode);
    this.indicator.classList.toggle('OT_active', mode !== 'off');
  }

  /** The meter is for sound without a picture, unless the page always wants it. @param {boolean} [needless] */
  showMeter(needless = this.needless) {
    this.needless = needless;
    const mode = this._of('audioLevelDisplayMode');
    const hidden = mode === 'off' || (mode === 'auto' && Boolean(needless));
    this.meter.classList.toggle('OT_hide-forced', hidden);
  }

  get metered() {
    return !this.meter.classList.contains('OT_hide-forced');
  }

  /** @param {number} level 0 to 1 */
  showLevel(level) {
    const size = `${Math.round(200 * Math.sqrt(level))}%`;
    Object.assign(this.level.style, { width: size, height: size, top: `calc(${size} / -2)`, right: `calc(${size} / -2)` });
  }

  muted(muted) {
    if (this.mute) this.mute.classList.toggle('OT_active', muted);
  }

  /** @param {boolean} running whether an archive of the session runs */
  archived(running) {
    if (this._of('archiveStatusDisplayMode') === 'off' || !this.style.all().showArchiveStatus) return;
    this.archiving.classList.toggle('OT_archiving-on', running);
    this.archiving.classList.toggle('OT_archiving-off', !running);
    setMode(this.archiving, running ? 'on' : 'off');
    this.archivingStatus.textContent = running ? 'Archiving on' : '';
  }

  remove() {
    clearTimeout(this.timer);
    for (const element of this.elements) element.remove();
  }
}
