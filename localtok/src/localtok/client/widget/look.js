/** The style sheet of default widgets. Its rules are weak enough for a page's own to win. */
const LOOK = `
.OT_root {
  position: relative; overflow: hidden; min-width: 48px; min-height: 48px;
  color: #fff; font-family: system-ui, sans-serif; text-align: left;
}
.OT_root .OT_widget-container { position: absolute; inset: 0; overflow: hidden; background-color: #000; }
.OT_root .OT_video-element {
  display: block; position: absolute; width: 100%; height: 100%; transform-origin: 50% 50%;
}
.OT_fit-mode-cover .OT_video-element { object-fit: cover; }
.OT_fit-mode-contain .OT_video-element { object-fit: contain; }
.OT_mirrored .OT_video-element { transform: scale(-1, 1); }
.OT_audio-only .OT_video-element { display: none; }
.OT_root .OT_video-poster {
  display: none; position: absolute; inset: 0; background: #444 center / auto 60% no-repeat;
}
.OT_audio-only .OT_video-poster { display: block; }
.OT_root .OT_video-loading { display: none; position: absolute; inset: 0; }
.OT_loading .OT_video-loading { display: block; }
.OT_loading .OT_video-element { display: none; }
.OT_root .OT_video-loading-spinner {
  position: absolute; inset: calc(50% - 16px) auto auto calc(50% - 16px); width: 26px; height: 26px;
  border: 3px solid #777; border-top-color: #fff; border-radius: 50%; animation: OT_turning 1.2s linear infinite;
}
@keyframes OT_turning { to { transform: rotate(1turn); } }
.OT_root .OT_edge-bar-item { display: block; position: absolute; margin: 0; z-index: 1; transition: opacity .3s; }
.OT_root .OT_bar { inset: 0 0 auto; height: 32px; background: rgb(0 0 0 / 45%); }
.OT_root .OT_name {
  inset: 0 40px auto 0; height: 32px; padding: 0 10px; overflow: hidden; white-space: nowrap;
  text-overflow: ellipsis; font-size: 14px; font-weight: 400; line-height: 32px;
}
.OT_root .OT_mute {
  inset: 0 0 auto auto; height: 32px; padding: 0 10px; border: 0; background: none; color: inherit;
  font: inherit; line-height: 32px; cursor: pointer;
}
.OT_root .OT_mute.OT_active { text-decoration: line-through; color: #f99; }
.OT_root .OT_mode-auto, .OT_root .OT_mode-mini-auto { opacity: 0; }
.OT_root .OT_mode-auto.OT_mode-on-hold, .OT_root .OT_mode-mini-auto.OT_mode-on-hold,
.OT_root:hover .OT_mode-auto, .OT_root:hover .OT_mode-mini-auto, .OT_root .OT_mode-auto:focus-visible { opacity: 1; }
.OT_root .OT_mode-off { display: none; opacity: 0; }
.OT_root .OT_archiving { inset: auto auto 4px 0; padding: 0 10px; font-size: 13px; font-weight: 400; line-height: 24px; }
.OT_root .OT_archiving-light-box { position: absolute; inset: 0 auto 0 10px; width: 20px; }
.OT_root .OT_archiving-light { position: absolute; inset: calc(50% - 5px) auto auto 0; width: 10px; height: 10px; border-radius: 50%; background: #888; }
.OT_archiving-on .OT_archiving-light { background: #f33; }
.OT_root .OT_archiving-status { left: 30px; white-space: nowrap; }
.OT_root .OT_audio-level-meter { display: block; position: absolute; top: 0; right: 0; width: 25%; height: 25%; max-width: 80px; overflow: hidden; }
.OT_root .OT_audio-level-meter__audio-only-img {
  position: absolute; inset: auto 4px auto auto; top: 4px; width: 12px; height: 12px; border-radius: 50%; background: #fff; opacity: .7;
}
.OT_root .OT_audio-level-meter__value {
  position: absolute; top: -50%; right: -50%; width: 0; height: 0; border-radius: 50%; background: rgb(152 206 0 / 70%);
}
.OT_root .OT_audio-level-meter.OT_hide-forced { display: none; }
.OT_root .OT_video-disabled-indicator { display: block; position: absolute; top: 8px; left: 8px; width: 20px; height: 20px; pointer-events: none; opacity: 1; }
.OT_root .OT_video-disabled-indicator.OT_mode-off { display: none; }
.OT_mini .OT_name, .OT_mini .OT_mute { font-size: 11px; padding: 0 4px; }
.OT_micro .OT_bar, .OT_micro .OT_name, .OT_micro .OT_mute, .OT_micro .OT_archiving { display: none; }
`;

let lookInserted = false;

/**
 * Inserts the style sheet inline, as the vendor's library does: a strict policy of a page has to allow it. The vendor's
 * comes with the library; this one with the first default widget, so that a page without any needs no allowance.
 */
function insertLook() {
  if (lookInserted) return;
  lookInserted = true;
  const style = document.createElement('style');
  style.textContent = LOOK;
  (document.head || document.documentElement).append(style);
}
