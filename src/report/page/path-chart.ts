import uPlot from 'uplot';
import type { PageData, PageFinding } from '../html/page-data.js';
import { CLOCK_STEPS, clockText, decimalsOf } from './clock-axis.js';
import { paintPoints } from './paint-points.js';
import type { Palette } from './palette.js';
import { firstFrom, type PathPoints } from './path-points.js';

const HEIGHT = 132;
const SYNC = 'time';
const AXIS_WIDTH = 58;
/** Release lines are drawn one by one as long as they can be told apart. */
const MOST_RELEASES = 120;
/** A point is read from this many pixels away. */
const NEAR = 24;

/** What a chart tells the board that it stands on. */
export interface ChartListener {
  /** A stretch was chosen with the mouse. Seconds of the day. */
  chosen(fromS: number, toS: number): void;
  reset(): void;
}

export interface ChartView {
  readonly fromS: number;
  readonly toS: number;
  readonly leastMs: number;
  readonly mostMs: number;
}

export interface ChartMakings {
  readonly place: HTMLElement;
  readonly reading: HTMLElement;
  readonly points: PathPoints;
  readonly findings: readonly PageFinding[];
  readonly data: PageData;
  readonly palette: Palette;
  readonly logarithmic: boolean;
  readonly view: ChartView;
  readonly secondOf: (instantNs: number) => number;
}

/** The plot of one path. */
export class PathChart {
  readonly #plot: uPlot;
  readonly #sync = uPlot.sync(SYNC);
  #view: ChartView;
  /** Index of the point that is read. */
  #read = -1;

  constructor(
    private readonly makings: ChartMakings,
    private readonly listener: ChartListener,
  ) {
    this.#view = makings.view;
    const { fromS, toS, mostMs } = makings.view;
    this.#plot = new uPlot(
      this.#options(),
      [
        [fromS, toS],
        [mostMs, mostMs],
      ],
      makings.place,
    );
  }

  show(view: ChartView): void {
    this.#view = view;
    this.#plot.batch(() => {
      this.#plot.setScale('x', { min: view.fromS, max: view.toS });
      this.#plot.setScale('y', { min: view.leastMs, max: view.mostMs });
    });
  }

  fit(width: number): void {
    if (width !== this.#plot.width) this.#plot.setSize({ width, height: HEIGHT });
  }

  /** Reads the point before or after the one read. */
  step(by: 1 | -1): void {
    const { atS } = this.makings.points;
    const first = firstFrom(atS, this.#view.fromS);
    const last = firstFrom(atS, this.#view.toS) - 1;
    if (last < first) return;
    const next = this.#read < first || this.#read > last ? (by > 0 ? first : last) : this.#read + by;
    this.#read = Math.min(last, Math.max(first, next));
    const left = this.#plot.valToPos(atS[this.#read] ?? 0, 'x');
    const rtt = Math.max(this.#view.leastMs, this.makings.points.rttMs[this.#read] ?? 0);
    this.#plot.setCursor({ left, top: this.#plot.valToPos(rtt, 'y') });
    this.#tell(this.#read);
  }

  destroy(): void {
    this.#plot.destroy();
  }

  #options(): uPlot.Options {
    const { palette, logarithmic } = this.makings;
    const axis = {
      stroke: palette.dim,
      grid: { stroke: palette.rule, width: 1 },
      ticks: { stroke: palette.rule, width: 1, size: 4 },
      font: '11px system-ui, sans-serif',
    };
    return {
      width: Math.max(200, this.makings.place.clientWidth),
      height: HEIGHT,
      legend: { show: false },
      padding: [8, 20, 0, 0],
      scales: {
        x: { time: false, range: () => [this.#view.fromS, this.#view.toS] },
        y: { distr: logarithmic ? 3 : 1, range: () => [this.#view.leastMs, this.#view.mostMs] },
      },
      series: [{}, { paths: () => null, points: { show: false } }],
      axes: [
        {
          ...axis,
          size: 26,
          space: 100,
          incrs: [...CLOCK_STEPS],
          values: (_, splits, __, ___, step) => splits.map((second) => clockText(second, decimalsOf(step))),
        },
        {
          ...axis,
          size: AXIS_WIDTH,
          space: 24,
          values: (_, splits) => splits.map((ms) => (ms === null ? '' : `${Number(ms.toPrecision(4))} ms`)),
        },
      ],
      cursor: {
        sync: { key: this.#sync.key, scales: ['x', null] },
        drag: { x: true, y: false, setScale: false },
        points: { show: false },
        bind: {
          dblclick: () => () => {
            this.listener.reset();
            return null;
          },
        },
      },
      hooks: {
        drawClear: [(plot) => this.#shade(plot)],
        draw: [(plot) => this.#paint(plot)],
        setSelect: [(plot) => this.#select(plot)],
        setCursor: [(plot) => this.#readNear(plot)],
      },
    };
  }

  #select(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 3) return;
    const [fromS, toS] = [plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')];
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.listener.chosen(fromS, toS);
  }

  /** Under the points: when findings were, and when a tracer saw who held a CPU. */
  #shade(plot: uPlot): void {
    const { findings, palette, data, secondOf } = this.makings;
    const { ctx, bbox } = plot;
    const ratio = uPlot.pxRatio;
    const x = (instantNs: number): number => plot.valToPos(secondOf(instantNs), 'x', true);
    this.#clip(ctx, plot);
    for (const { startNs, releaseNs, selfInflicted } of findings) {
      if (!this.#seen(startNs, releaseNs)) continue;
      ctx.fillStyle = selfInflicted ? palette.own : palette.shade;
      const [left, right] = [x(startNs), x(releaseNs)];
      ctx.fillRect(left, bbox.top, Math.max(ratio, right - left), bbox.height);
    }
    ctx.fillStyle = palette.culprit;
    for (const { startNs, releaseNs } of data.culprits) {
      if (!this.#seen(startNs, releaseNs)) continue;
      ctx.fillRect(x(startNs), bbox.top, Math.max(2 * ratio, x(releaseNs) - x(startNs)), 4 * ratio);
    }
    ctx.restore();
  }

  #paint(plot: uPlot): void {
    const { points, palette, data, findings, secondOf, place } = this.makings;
    // For who looks on from outside: seconds of the day between which this plot is drawn.
    place.dataset.from = String(plot.scales.x?.min);
    place.dataset.to = String(plot.scales.x?.max);
    const { ctx, bbox } = plot;
    const ratio = uPlot.pxRatio;
    this.#clip(ctx, plot);
    const releases = findings.filter(
      ({ kind, startNs, releaseNs }) => kind === 'stall' && this.#seen(startNs, releaseNs),
    );
    if (releases.length <= MOST_RELEASES) {
      ctx.strokeStyle = palette.release;
      ctx.lineWidth = ratio;
      ctx.beginPath();
      for (const { releaseNs } of releases) {
        const x = Math.round(plot.valToPos(secondOf(releaseNs), 'x', true)) + 0.5;
        ctx.moveTo(x, bbox.top);
        ctx.lineTo(x, bbox.top + bbox.height);
      }
      ctx.stroke();
    }
    if (data.thresholdMs < this.#view.mostMs) {
      const y = Math.round(plot.valToPos(data.thresholdMs, 'y', true)) + 0.5;
      ctx.strokeStyle = palette.threshold;
      ctx.lineWidth = ratio;
      ctx.setLineDash([4 * ratio, 4 * ratio]);
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
      ctx.setLineDash([]);
    }
    paintPoints(ctx, {
      points,
      area: bbox,
      fromS: this.#view.fromS,
      toS: this.#view.toS,
      yOf: this.#vertical(plot),
      kinds: data.kinds,
      colors: palette,
      outlierMs: data.thresholdMs,
      ratio,
    });
    ctx.restore();
  }

  /** As the plot's own conversion, without its price for every point. */
  #vertical(plot: uPlot): (rttMs: number) => number {
    const { top, height } = plot.bbox;
    const { leastMs, mostMs } = this.#view;
    if (this.makings.logarithmic) {
      const low = Math.log(leastMs);
      const scale = height / (Math.log(mostMs) - low);
      return (rttMs) => top + height - (Math.log(Math.max(rttMs, leastMs)) - low) * scale;
    }
    const scale = height / (mostMs - leastMs);
    return (rttMs) => top + height - (rttMs - leastMs) * scale;
  }

  #clip(ctx: CanvasRenderingContext2D, { bbox }: uPlot): void {
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
  }

  #seen(startNs: number, releaseNs: number): boolean {
    const { secondOf } = this.makings;
    return secondOf(releaseNs) >= this.#view.fromS && secondOf(startNs) <= this.#view.toS;
  }

  #readNear(plot: uPlot): void {
    const { left } = plot.cursor;
    const { points, reading } = this.makings;
    if (left === undefined || left < 0) {
      reading.textContent = '';
      return;
    }
    const second = plot.posToVal(left, 'x');
    const reach = Math.abs(plot.posToVal(left + NEAR, 'x') - second);
    this.#read = this.#nearest(second, reach, points);
    if (this.#read < 0) reading.textContent = '';
    else this.#tell(this.#read);
  }

  /** Of those within reach the slowest one a few pixels around, as that is what one looks for; else the nearest. */
  #nearest(second: number, reach: number, { atS, rttMs }: PathPoints): number {
    const begin = firstFrom(atS, second - reach);
    const end = firstFrom(atS, second + reach);
    const close = reach / 8;
    let nearest = -1;
    let slowest = -1;
    for (let at = begin; at < end; at += 1) {
      const distance = Math.abs((atS[at] as number) - second);
      if (nearest < 0 || distance < Math.abs((atS[nearest] as number) - second)) nearest = at;
      if (distance <= close && (slowest < 0 || (rttMs[at] as number) > (rttMs[slowest] as number))) slowest = at;
    }
    return slowest < 0 ? nearest : slowest;
  }

  #tell(at: number): void {
    const { points, data, reading } = this.makings;
    const rtt = points.rttMs[at] ?? -1;
    const flow = points.flow[at] ?? 0;
    const words = [
      `sent ${clockText(points.atS[at] ?? 0, 3)}`,
      rtt < 0 ? 'lost' : `RTT ${rtt < 10 ? rtt.toFixed(3) : rtt.toFixed(1)} ms`,
      ...(rtt < 0 ? [] : [flow === data.freshFlow ? 'fresh port' : `flow ${flow}`]),
      ...(points.kind[at] === data.kinds.held ? ['held until the release'] : []),
    ];
    reading.textContent = words.join(', ');
  }
}
