import { firstFrom, type PathPoints } from './path-points.js';

/** Where a plot is drawn, in pixels of the device. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface PaintingOf {
  readonly points: PathPoints;
  readonly area: Area;
  readonly fromS: number;
  readonly toS: number;
  /** Vertical place of an RTT. */
  readonly yOf: (rttMs: number) => number;
  readonly kinds: { readonly usual: number; readonly held: number; readonly lost: number };
  readonly colors: { readonly usual: string; readonly held: string; readonly lost: string };
  /** Slower ones are drawn larger, so that a single one is seen among thousands. */
  readonly outlierMs: number;
  /** Pixels of the device in one of the page. */
  readonly ratio: number;
}

/**
 * Draws every point; one on a pixel that is taken adds nothing to the picture and is passed over. Where stalls are
 * narrower than what can be told apart, their probes become bars down to the release.
 */
export function paintPoints(context: CanvasRenderingContext2D, painting: PaintingOf): void {
  const { kinds, colors, ratio, points, fromS, toS, area } = painting;
  const begin = firstFrom(points.atS, fromS);
  const end = firstFrom(points.atS, toS);
  // Where there is room, dots are larger.
  const spacing = area.width / ratio / Math.max(1, end - begin);
  const dot = (spacing < 1 ? 2 : spacing < 5 ? 3 : 4) * ratio;
  context.fillStyle = colors.usual;
  paintDots(context, painting, kinds.usual, dot, begin, end);
  context.fillStyle = colors.held;
  if (spacing < 1) paintBars(context, painting, begin, end);
  else paintDots(context, painting, kinds.held, dot + ratio, begin, end);
  paintLost(context, painting, begin, end);
}

function paintDots(
  context: CanvasRenderingContext2D,
  { points, area, fromS, toS, yOf, outlierMs, ratio }: PaintingOf,
  kind: number,
  dot: number,
  begin: number,
  end: number,
): void {
  const width = Math.ceil(area.width) + 1;
  const taken = new Uint8Array(width * (Math.ceil(area.height) + 1));
  const scale = area.width / (toS - fromS);
  for (let at = begin; at < end; at += 1) {
    if (points.kind[at] !== kind) continue;
    const rttMs = points.rttMs[at] as number;
    const x = Math.round(((points.atS[at] as number) - fromS) * scale);
    const y = Math.round(Math.min(area.height, Math.max(0, yOf(rttMs) - area.top)));
    const cell = y * width + x;
    if (taken[cell] === 1) continue;
    taken[cell] = 1;
    const size = rttMs > outlierMs ? Math.max(dot, 4 * ratio) : dot;
    context.fillRect(area.left + x - size / 2, area.top + y - size / 2, size, size);
  }
}

function paintBars(
  context: CanvasRenderingContext2D,
  { points, area, fromS, toS, yOf, kinds, ratio }: PaintingOf,
  begin: number,
  end: number,
): void {
  const scale = area.width / (toS - fromS);
  const highest = new Map<number, number>();
  for (let at = begin; at < end; at += 1) {
    if (points.kind[at] !== kinds.held) continue;
    const x = Math.round(((points.atS[at] as number) - fromS) * scale);
    highest.set(x, Math.max(highest.get(x) ?? 0, points.rttMs[at] as number));
  }
  const foot = Math.min(area.top + area.height, yOf(0));
  for (const [x, rttMs] of highest) {
    const y = Math.max(area.top, yOf(rttMs));
    context.fillRect(area.left + x - ratio, y, 2 * ratio, foot - y);
  }
}

/** Crosses along the upper edge, one a pixel column. */
function paintLost(
  context: CanvasRenderingContext2D,
  { points, area, fromS, toS, kinds, colors, ratio }: PaintingOf,
  begin: number,
  end: number,
): void {
  const scale = area.width / (toS - fromS);
  const arm = 3 * ratio;
  const y = area.top + arm + 2 * ratio;
  let column = Number.NEGATIVE_INFINITY;
  context.strokeStyle = colors.lost;
  context.lineWidth = 1.5 * ratio;
  context.beginPath();
  for (let at = begin; at < end; at += 1) {
    if (points.kind[at] !== kinds.lost) continue;
    const x = Math.round(((points.atS[at] as number) - fromS) * scale);
    if (x === column) continue;
    column = x;
    context.moveTo(area.left + x - arm, y - arm);
    context.lineTo(area.left + x + arm, y + arm);
    context.moveTo(area.left + x - arm, y + arm);
    context.lineTo(area.left + x + arm, y - arm);
  }
  context.stroke();
}
