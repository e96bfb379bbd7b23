import { $, attempt, button, clockTime, element, order, request } from './page.js';

/** @type {Record<string, [string, string, any][]>} what may go wrong: its name, in words, and its value */
const EFFECTS = {
  call: [
    ['status', 'answers 503', 503],
    ['cut', 'connection cut, nothing done', true],
    ['lose_reply', 'done, but the answer is lost', true],
    ['malformed', 'done, but the answer is half a JSON', true],
    ['latency_ms', 'five seconds late', 5000],
  ],
  callback: [
    ['lost', 'never posted', true],
    ['delay_ms', 'five seconds late', 5000],
    ['doubled', 'posted twice', true],
    ['reordered', 'overtaken by the next one', true],
    ['badly_signed', 'signed wrongly', true],
  ],
  recorder: [['late_ms', 'asks for a stream five seconds late', 5000]],
};

const form = $('fault');

function target() {
  const [on, name] = form.elements.namedItem('target').value.split(' ');
  return { on, name };
}

function offer() {
  const options = EFFECTS[target().on].map(([value, textContent]) => element('option', { value, textContent }));
  form.elements.namedItem('effect').replaceChildren(...options);
}

export function offerCalls(names) {
  if ($('calls').children.length > 1) return;
  $('calls').append(...names.map((name) => element('option', { value: `call ${name}`, textContent: name })));
}

form.elements.namedItem('target').onchange = offer;
form.onsubmit = (event) => {
  event.preventDefault();
  const { on, name } = target();
  const { effect, often } = /** @type {Record<string, string>} */ (Object.fromEntries(new FormData(form)));
  const [, , value] = EFFECTS[on].find(([known]) => known === effect);
  const fault = { [on]: name, [effect]: value, ...(often === 'share' ? { share: 0.5 } : { next: 1 }) };
  attempt(event.submitter, () => order(fault));
};
offer();

function named(on, name) {
  if (on === 'recorder') return name === '.' ? 'every recorder' : `recorders of ${name}`;
  if (on === 'callback') return name === '*' ? 'every callback' : `callbacks on ${name}s`;
  return name === '*' ? 'every call' : name;
}

function said(rule) {
  const on = Object.keys(EFFECTS).find((kind) => kind in rule) || 'call';
  const effects = EFFECTS[on].filter(([effect]) => rule[effect]).map(([effect, text, value]) => (
    rule[effect] === value ? text : `${effect} ${rule[effect]}`));
  const where = [rule.path, rule.event].filter(Boolean).join(' ');
  return `${named(on, rule[on] || '*')}${where ? ` at ${where}` : ''}: ${effects.join(', ')}`;
}

function often({ share, left, struck, seen }) {
  const rest = left === null ? `${Math.round(100 * share)} % of the times` : left ? `${left} to come` : 'over';
  return `${rest}; struck ${struck} of ${seen}`;
}

/** A rule, or a rotation that is still to come. */
export function ruleCard(rule) {
  if (rule.serverRotation) {
    return element('p', {}, 'Server rotation of ', element('code', { textContent: rule.serverRotation }), ' at ', clockTime(rule.at_ms));
  }
  return element('p', { className: 'rule' },
    element('span', {}, said(rule), ' ', element('span', { className: 'soft', textContent: often(rule) })),
    button('Remove', () => request('DELETE', `faults/${rule.id}`)));
}
