/** Where the pictures go: pure arithmetic, in CSS pixels. */

// Width to height, from narrowest to widest. A camera's 4:3 may lose an edge, never a face; a screen loses nothing.
/** @type {[number, number]} */
const CAMERA = [1.2, 1.5];
/** @type {[number, number]} */
const SCREEN = [1.2, 16 / 9];

function tileIn(cellWidth, cellHeight, [narrowest, widest]) {
  const ratio = cellWidth / cellHeight;
  if (ratio > widest) return { width: cellHeight * widest, height: cellHeight };
  if (ratio < narrowest) return { width: cellWidth, height: cellWidth / narrowest };
  return { width: cellWidth, height: cellHeight };
}

/**
 * The rows and columns that give `count` equal tiles the largest area.
 * @returns {{rows: number, cols: number, width: number, height: number}} tile size in pixels
 */
export function arrange(count, width, height, gap = 8, shape = CAMERA) {
  let best = { rows: 1, cols: Math.max(count, 1), width: 0, height: 0 };
  for (let cols = 1; cols <= count; cols += 1) {
    const rows = Math.ceil(count / cols);
    const cellWidth = (width - gap * (cols - 1)) / cols;
    const cellHeight = (height - gap * (rows - 1)) / rows;
    if (cellWidth <= 0 || cellHeight <= 0) continue;
    const tile = tileIn(cellWidth, cellHeight, shape);
    if (tile.width * tile.height > best.width * best.height) best = { rows, cols, ...tile };
  }
  return best;
}

function boxesIn(area, count, gap, shape) {
  const { rows, cols, width, height } = arrange(count, area.width, area.height, gap, shape);
  const top = area.top + (area.height - rows * height - (rows - 1) * gap) / 2;
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / cols);
    const inRow = row === rows - 1 ? count - row * cols : cols;
    const left = area.left + (area.width - inRow * width - (inRow - 1) * gap) / 2;
    const col = index % cols;
    return { left: left + col * (width + gap), top: top + row * (height + gap), width, height };
  });
}

/** A shared screen takes most of the page, because its text must be readable; people line the edge. */
function areas(width, height, gap) {
  if (width >= height) {
    const main = Math.round(width * 0.78);
    return [
      { left: 0, top: 0, width: main, height },
      { left: main + gap, top: 0, width: width - main - gap, height },
    ];
  }
  const main = Math.round(height * 0.62);
  return [
    { left: 0, top: 0, width, height: main },
    { left: 0, top: main + gap, width, height: height - main - gap },
  ];
}

/**
 * A box for each tile, in order.
 * @param {boolean[]} screens true where the tile shows a shared screen
 * @returns {{left: number, top: number, width: number, height: number}[]}
 */
export function place(screens, width, height, gap = 8) {
  const shared = screens.filter(Boolean).length;
  const people = screens.length - shared;
  if (!shared || !people) {
    return boxesIn({ left: 0, top: 0, width, height }, screens.length, gap, shared ? SCREEN : CAMERA);
  }
  const [main, edge] = areas(width, height, gap);
  const large = boxesIn(main, shared, gap, SCREEN);
  const small = boxesIn(edge, people, gap, CAMERA);
  return screens.flatMap((isScreen) => (isScreen ? large : small).splice(0, 1));
}
