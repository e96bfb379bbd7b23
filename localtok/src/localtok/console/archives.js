import { button, bytes, clockTime, element, length, order } from './page.js';

const TONES = { started: 'recording', paused: 'recording', available: 'good', failed: 'bad' };
const SIGNS = { started: '● ', paused: '❚❚ ' };
const SUFFIXES = { composed: 'mp4', individual: 'zip' };

function state({ status, reason }) {
  const why = reason && reason !== 'failure' ? `: ${reason}` : '';
  const text = `${SIGNS[status] || ''}${status}${why}`;
  return element('span', { className: TONES[status] || '', textContent: text });
}

export function archiveCard(archive) {
  const { id, name, file, live, outputMode, size, createdAt, duration } = archive;
  const playable = file && outputMode === 'composed' && size > 0;
  const title = name || id;
  const download = `${title}.${SUFFIXES[outputMode]}`;
  return element('div', { className: 'card' },
    element('h3', { textContent: title }),
    element('p', {}, state(archive), element('br'),
      element('span', { className: 'soft' }, 'began ', clockTime(createdAt),
        live ? element('span', { className: 'running' }) : size ? `, ${length(duration)}, ${bytes(size)}` : ', nothing kept')),
    playable ? element('video', { src: file, controls: true, preload: 'none', playsInline: true, ariaLabel: title }) : null,
    file || live ? element('p', { className: 'buttons' },
      file ? element('a', { href: file, download, textContent: 'Download', className: 'button' }) : null,
      live ? button('Crash archiver', () => order({ event: 'archiverCrash', archive: id }), 'danger') : null) : null);
}

/** An archive as it is to be drawn: what runs on by itself does not count. */
export function still({ recorded_s: _, ...archive }) {
  return archive;
}

/** How much of a live archive is recorded, without drawing its card again. */
export function run(cards, archives) {
  for (const archive of archives) {
    const card = cards.drawn.get(archive.id);
    const place = card && card.node.querySelector('.running');
    if (place) place.textContent = `, ${length(archive.recorded_s)} recorded`;
  }
}
