// A terminal screen, as `tmux capture-pane -e` gives it, as an SVG picture. Dots, blocks and lines are drawn as shapes,
// so that the picture looks the same whatever fonts its reader has.

const WIDTH = 8.4;
const HEIGHT = 18;
const MARGIN = 14;
const FONT = "ui-monospace, 'DejaVu Sans Mono', 'SF Mono', Menlo, Consolas, monospace";
const BACKGROUND = '#15181e';
const FOREGROUND = '#d5dae3';
const COLOURS = [
  '#2b303b',
  '#e5646c',
  '#7fc27a',
  '#e2b85c',
  '#6c9fe8',
  '#b06fd8',
  '#58b8c4',
  '#d5dae3',
  '#6f7888',
  '#f0868c',
  '#9fdb9a',
  '#f2d183',
  '#93bdf5',
  '#e08bf4',
  '#86d8e2',
  '#ffffff',
];
const ESCAPE = String.fromCharCode(27);
const SEQUENCE = new RegExp(`(${ESCAPE}\\[[\\d;]*m)`);
const PLAIN = { bold: false, underline: false, reverse: false, colour: null, background: null };
/** Bits of a braille pattern: column, row. */
const BRAILLE = [
  [0, 0],
  [0, 1],
  [0, 2],
  [1, 0],
  [1, 1],
  [1, 2],
  [0, 3],
  [1, 3],
];
/** Share of the cell, from below and from the left. */
const BLOCKS = new Map([...'▁▂▃▄▅▆▇█'].map((character, index) => [character, [1, (index + 1) / 8]]));
for (const [index, character] of [...'▏▎▍▌▋▊▉'].entries()) BLOCKS.set(character, [(index + 1) / 8, 1]);
/** Lines from the middle of the cell: left, right, up, down; thickness. */
const LINES = new Map([
  ['─', [1, 1, 0, 0, 1]],
  ['━', [1, 1, 0, 0, 2.4]],
  ['┬', [1, 1, 0, 1, 1]],
  ['┫', [1, 0, 1, 1, 2.4]],
]);

/** @param {string} screen lines with the sequences that set colours @param {string} title said to those who cannot see it */
export function svgOf(screen, title) {
  const rows = cellsOf(screen.replace(/\n$/, ''));
  const columns = Math.max(...rows.map((cells) => cells.length));
  const width = Math.round(columns * WIDTH + 2 * MARGIN);
  const height = Math.round(rows.length * HEIGHT + 2 * MARGIN);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="9" fill="${BACKGROUND}"/>`,
    `<g font-family="${FONT}" font-size="14" xml:space="preserve">`,
    ...rows.flatMap((cells, row) => drawRow(cells, row)),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/** One object a cell: its character and how it looks, which a line takes over from the one above. */
function cellsOf(screen) {
  let look = PLAIN;
  return screen.split('\n').map((line) => {
    const cells = [];
    for (const part of line.split(SEQUENCE)) {
      const codes = part.startsWith(ESCAPE) ? part.slice(2, -1) : undefined;
      if (codes === undefined) for (const character of part) cells.push({ character, ...look });
      else for (const code of codes.split(';').map(Number)) look = changed(look, code);
    }
    return cells;
  });
}

function changed(look, code) {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...look, bold: true };
  if (code === 4) return { ...look, underline: true };
  if (code === 7) return { ...look, reverse: true };
  if (code === 27) return { ...look, reverse: false };
  if (code === 39) return { ...look, colour: null };
  if (code === 49) return { ...look, background: null };
  if (code >= 30 && code <= 37) return { ...look, colour: code - 30 };
  if (code >= 90 && code <= 97) return { ...look, colour: code - 82 };
  if (code >= 40 && code <= 47) return { ...look, background: code - 40 };
  return look;
}

function drawRow(cells, row) {
  const out = [];
  const y = MARGIN + row * HEIGHT;
  for (const run of runsOf(cells)) {
    const x = MARGIN + run.from * WIDTH;
    const own = run.colour === null ? FOREGROUND : COLOURS[run.colour];
    const behind = run.background === null ? BACKGROUND : COLOURS[run.background];
    const [ink, paper] = run.reverse ? [behind, own] : [own, behind];
    const width = run.text.length * WIDTH;
    if (paper !== BACKGROUND)
      out.push(`<rect x="${n(x)}" y="${n(y)}" width="${n(width + 0.4)}" height="${HEIGHT}" fill="${paper}"/>`);
    out.push(...drawRun(run, x, y, ink));
  }
  return out;
}

/** Neighbours that look the same, letters apart from shapes. */
function runsOf(cells) {
  const runs = [];
  for (const [at, { character, ...look }] of cells.entries()) {
    const kind = kindOf(character);
    const key = JSON.stringify([look, kind]);
    const open = runs.at(-1);
    if (open?.key === key && kind !== 'sign') open.text.push(character);
    else runs.push({ key, kind, from: at, text: [character], ...look });
  }
  return runs;
}

function kindOf(character) {
  if (character === ' ') return 'blank';
  const code = character.codePointAt(0);
  if (code >= 0x2800 && code < 0x2900) return 'braille';
  if (BLOCKS.has(character) || LINES.has(character) || character === '┄') return 'shape';
  return code < 0x7f ? 'letters' : 'sign';
}

function drawRun(run, x, y, ink) {
  if (run.kind === 'blank') return [];
  if (run.kind === 'braille')
    return [`<path d="${run.text.map((one, i) => dots(one, x + i * WIDTH, y)).join('')}" fill="${ink}"/>`];
  if (run.kind === 'shape')
    return [`<path d="${run.text.map((one, i) => shape(one, x + i * WIDTH, y)).join('')}" fill="${ink}"/>`];
  const weight = run.bold ? ' font-weight="700"' : '';
  const decoration = run.underline ? ' text-decoration="underline"' : '';
  const length =
    run.kind === 'letters' ? ` textLength="${n(run.text.length * WIDTH)}" lengthAdjust="spacingAndGlyphs"` : '';
  return [
    `<text x="${n(x)}" y="${n(y + 13.4)}"${length} fill="${ink}"${weight}${decoration}>${escaped(run.text.join(''))}</text>`,
  ];
}

function dots(character, x, y) {
  const bits = character.codePointAt(0) - 0x2800;
  return BRAILLE.map(([column, row], bit) => {
    if ((bits & (1 << bit)) === 0) return '';
    const cx = x + WIDTH * (0.25 + 0.5 * column);
    const cy = y + HEIGHT * (0.125 + 0.25 * row);
    return `M${n(cx - 1.45)} ${n(cy)}a1.45 1.45 0 1 0 2.9 0a1.45 1.45 0 1 0 -2.9 0`;
  }).join('');
}

function shape(character, x, y) {
  const block = BLOCKS.get(character);
  if (block !== undefined) {
    const [across, up] = block;
    const height = up * (HEIGHT - 3);
    return rect(x, y + HEIGHT - 1.5 - height, across * WIDTH + 0.05, height);
  }
  const [cx, cy] = [x + WIDTH / 2, y + HEIGHT / 2];
  if (character === '┄')
    return [0.1, 0.45, 0.8].map((share) => rect(x + share * WIDTH, cy - 0.5, 0.16 * WIDTH, 1)).join('');
  const [left, right, up, down, thick] = LINES.get(character);
  const half = thick / 2;
  return [
    left || right ? rect(left ? x : cx, cy - half, ((left ? 0.5 : 0) + (right ? 0.5 : 0)) * WIDTH + 0.05, thick) : '',
    up || down ? rect(cx - half, up ? y + 2 : cy, thick, ((up ? 0.5 : 0) + (down ? 0.5 : 0)) * (HEIGHT - 4)) : '',
  ].join('');
}

function rect(x, y, width, height) {
  return `M${n(x)} ${n(y)}h${n(width)}v${n(height)}h${n(-width)}z`;
}

function n(value) {
  return String(Math.round(value * 100) / 100);
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
