/** The element in the page that shows a publisher, with its controls. */

const SMALL_SIDE = 130;
const TINY_SIDE = 64;

class Widget {
  /**
   * @param {any} target @param {Record<string, any>} properties
   * @param {{kind: string, id: string, mirrored: boolean, controls: Controls}} options
   */
  constructor(target, properties, { kind, id, mirrored, controls }) {
    this.controls = controls;
    this.element = mount(target, properties, kind, id);
    this.poster = made('div', 'video-poster');
    this.container = made('div', 'widget-container', this.poster,
      made('div', 'video-loading', made('div', 'video-loading-spinner')));
    this.element.append(this.container, ...controls.elements);
    this.element.classList.add('OT_loading');
    this.element.classList.toggle('OT_mirrored', mirrored);
    this.observer = new ResizeObserver(() => this._sized());
    this.observer.observe(this.element);
    this._sized();
    this.restyle();
  }

  /** Small widgets have classes of their own, to be styled by. */
  _sized() {
    const side = Math.min(this.element.offsetWidth, this.element.offsetHeight);
    this.element.classList.toggle('OT_mini', side < SMALL_SIDE);
    this.element.classList.toggle('OT_micro', side < TINY_SIDE);
  }

  /** @param {HTMLVideoElement} video */
  show(video) {
    this.container.append(video);
  }

  loaded() {
    this.element.classList.remove('OT_loading');
  }

  /** @param {boolean} pictured whether there is a picture, or only sound @param {boolean} [audible] whether there is sound */
  pictured(pictured, audible = true) {
    this.element.classList.toggle('OT_audio-only', !pictured);
    this.controls.showMeter(pictured || !audible);
  }

  restyle() {
    this.controls.restyle();
    const { backgroundImageURI } = this.controls.style.all();
    if (backgroundImageURI) this.poster.style.backgroundImage = `url(${JSON.stringify(backgroundImageURI)})`;
  }

  /** Takes it out of the page, and the controls out of it. */
  remove() {
    this.controls.remove();
    this.observer.disconnect();
    this.element.remove();
  }
}
