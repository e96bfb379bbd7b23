/** The pictures of a run for its scrubber: a WebVTT file whose cues name parts of one picture, #xywh=x,y,w,h. */

export class Thumbnails {
  #cues;

  constructor(text, base) {
    this.#cues = parse(text, base);
  }

  /** The cue that covers this instant of the run, or null: {from, to, url, x, y, width, height}. */
  at(runMs) {
    let low = 0;
    let high = this.#cues.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#cues[middle].from <= runMs) low = middle;
      else high = middle - 1;
    }
    const cue = this.#cues[low];
    return cue && cue.from <= runMs && runMs <= cue.to ? cue : null;
  }
}

function parse(text, base) {
  return text.split(/\r?\n\r?\n/).flatMap((block) => {
    const [, from, to, where] = block.match(/([\d:.]+) --> ([\d:.]+)[^\n]*\r?\n(\S+)/) ?? [];
    const [, address, box] = where?.match(/^(.*)#xywh=([\d,]+)$/) ?? [];
    if (!box) return [];
    const [x, y, width, height] = box.split(",").map(Number);
    return [{ from: milliseconds(from), to: milliseconds(to), url: new URL(address, base).href, x, y, width, height }];
  });
}

const milliseconds = (stamp) => Math.round(stamp.split(":").reduce((sum, part) => sum * 60 + Number(part), 0) * 1000);
