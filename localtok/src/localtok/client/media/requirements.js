/** Whether this browser can do what the library needs, and the dialog that says so. */

const HAS_REQUIREMENTS = 1;
const NOT_HAS_REQUIREMENTS = 0;

function requirements() {
  return window.RTCPeerConnection && navigator.mediaDevices ? HAS_REQUIREMENTS : NOT_HAS_REQUIREMENTS;
}

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** Shows over the page whether the browser will do, until the dialog is closed. */
function showRequirements() {
  const fits = requirements() === HAS_REQUIREMENTS;
  const close = element('button', { className: 'OT_alert-close-button', textContent: '×' });
  close.setAttribute('role', 'OT_close');
  const alert = element(
    'div',
    { id: fits ? 'section-supported-install' : 'section-unsupported-install', className: 'OT_alert' },
    close,
    element('div', { className: 'OT_alert-header', textContent: fits ? 'Supported Browser' : 'Incompatible Browser' }),
    element('div', { className: 'OT_alert-body', textContent: fits ? 'This browser can take part in calls.'
      : 'This browser cannot take part in calls: it has no WebRTC, or the page is not secure.' }),
  );
  const dialog = element('div', { className: 'OT_ModalDialog' }, element('div', { id: 'tb_alert' }, alert));
  Object.assign(dialog.style, { display: 'block', position: 'fixed', inset: '0', zIndex: '1000', background: 'rgb(0 0 0 / 70%)' });
  Object.assign(alert.style, { display: 'block', maxWidth: '30em', margin: '20vh auto', padding: '1em', background: '#fff', color: '#000' });
  close.onclick = () => dialog.remove();
  document.body.append(dialog);
}
