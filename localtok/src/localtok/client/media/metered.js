/** An emitter that a widget may show, with a meter of its sound. */
class Metered extends Audible {
  constructor() {
    super();
    /** @type {Widget | undefined} */
    this._widget = undefined;
    this._metering = false;
  }

  /** The meter measures only while it is in view. */
  _meter() {
    const metered = Boolean(this._widget && this._widget.controls.metered && this._audible());
    if (metered === this._metering) return;
    this._metering = metered;
    this._handlersChanged();
  }

  _hears(type) {
    return super._hears(type) || (type === 'audioLevelUpdated' && this._metering);
  }

  _leveled(audioLevel) {
    super._leveled(audioLevel);
    if (this._metering) this._widget.controls.showLevel(audioLevel);
  }
}
