import type { PageData } from '../html/page-data.js';
import { clockText, decimalsOf, lengthText } from './clock-axis.js';
import { type Palette, readPalette } from './palette.js';
import { type ChartView, PathChart } from './path-chart.js';
import { type PathPoints, rttRange, unpacked } from './path-points.js';
import { around, moved, type ViewWindow, within, zoomed } from './view-window.js';

/** Paper is this wide, in pixels of the page. */
const PAPER_WIDTH = 690;
/** Fewer buckets than this in view, and one sees that there are gaps between what is drawn. */
const SPARSE = 60;

interface Slot {
  readonly place: HTMLElement;
  readonly reading: HTMLElement;
  readonly points: PathPoints;
  chart: PathChart | undefined;
  near: boolean;
  current: boolean;
}

/** All plots over one time axis. Only those near the part of the page that is seen are drawn. */
export class PlotBoard {
  readonly whole: ViewWindow;
  readonly #slots: Slot[];
  readonly #byPlace = new Map<Element, Slot>();
  readonly #thinned: boolean;
  #window: ViewWindow;
  #palette: Palette = readPalette();
  #logarithmic = false;
  #onPaper = false;
  #asked = false;
  /** Place among the stops; -1 before the first. */
  #stop = -1;

  constructor(
    private readonly data: PageData,
    private readonly onChange: (board: PlotBoard) => void,
  ) {
    const margin = Math.max(1e6, (data.toNs - data.fromNs) * 0.005);
    this.whole = { fromNs: data.fromNs - margin, toNs: data.toNs + margin };
    this.#window = this.whole;
    this.#slots = data.paths.map(({ points }, index) => {
      const figure = document.querySelector(`#plot-${index}`);
      const place = figure?.querySelector<HTMLElement>('.canvas');
      const reading = figure?.querySelector<HTMLElement>('.reading');
      if (!place || !reading) throw new Error(`no place for plot ${index}`);
      const secondOf = (units: number): number => this.#secondOf(data.fromNs + units * data.timeUnitNs);
      return { place, reading, points: unpacked(points, secondOf), chart: undefined, near: false, current: false };
    });
    this.#thinned = data.paths.some(({ samples, points }) => points.count < samples);
    for (const slot of this.#slots) this.#byPlace.set(slot.place, slot);
    this.#observe();
  }

  get logarithmic(): boolean {
    return this.#logarithmic;
  }

  get window(): ViewWindow {
    return this.#window;
  }

  /** What is seen, in words. */
  get windowWords(): string {
    const { fromNs, toNs } = this.#window;
    const length = toNs - fromNs;
    const decimals = Math.max(1, decimalsOf(length / 1e9 / 100));
    const clock = (instantNs: number): string => clockText(this.#secondOf(instantNs), decimals);
    const widest = Math.max(...this.data.paths.map(({ bucketNs }) => bucketNs));
    const sparse = this.#thinned && length < SPARSE * widest ? '; away from findings only extremes are drawn here' : '';
    return `${clock(fromNs)} – ${clock(toNs)} ${this.data.zone} (${lengthText(length)})${sparse}`;
  }

  get stopWords(): string {
    const { length } = this.data.stops;
    return length === 0 ? 'no stalls' : `${this.#stop < 0 ? '–' : this.#stop + 1} of ${length}`;
  }

  show(window: ViewWindow): void {
    this.#window = within(window, this.whole);
    this.#stale();
  }

  zoom(factor: number): void {
    this.show(zoomed(this.#window, factor, this.whole));
  }

  move(share: number): void {
    this.show(moved(this.#window, share, this.whole));
  }

  all(): void {
    this.#stop = -1;
    this.show(this.whole);
  }

  /** The stop after or before the one shown; from the middle of the view where none is. */
  go(by: 1 | -1): void {
    const { stops } = this.data;
    if (stops.length === 0) return;
    this.#stop = this.#stop < 0 ? (by > 0 ? 0 : stops.length - 1) : (this.#stop + by + stops.length) % stops.length;
    const stop = stops[this.#stop];
    if (stop) this.show(around(stop.startNs, stop.releaseNs, this.whole));
  }

  goTo(startNs: number, releaseNs: number): void {
    this.#stop = this.data.stops.findIndex((stop) => stop.startNs <= releaseNs && stop.releaseNs >= startNs);
    this.show(around(startNs, releaseNs, this.whole));
  }

  toggleScale(): void {
    this.#logarithmic = !this.#logarithmic;
    this.#rebuild();
  }

  /** Colours or sizes have changed. */
  restyle(onPaper: boolean): void {
    this.#onPaper = onPaper;
    this.#palette = readPalette();
    this.#rebuild();
    // Paper waits for no frame.
    if (onPaper) this.#draw();
  }

  step(place: Element, by: 1 | -1): void {
    this.#byPlace.get(place)?.chart?.step(by);
  }

  #secondOf(instantNs: number): number {
    return this.data.epochOfDayMs / 1e3 + instantNs / 1e9;
  }

  #observe(): void {
    const seen = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          const slot = this.#byPlace.get(target);
          if (slot) slot.near = isIntersecting;
        }
        this.#ask();
      },
      { rootMargin: '300px' },
    );
    const sized = new ResizeObserver((entries) => {
      if (this.#onPaper) return;
      for (const { target, contentRect } of entries) {
        this.#byPlace.get(target)?.chart?.fit(Math.max(200, Math.floor(contentRect.width)));
      }
    });
    for (const { place } of this.#slots) {
      seen.observe(place);
      sized.observe(place);
    }
  }

  #rebuild(): void {
    for (const slot of this.#slots) {
      slot.chart?.destroy();
      slot.chart = undefined;
    }
    this.#stale();
  }

  #stale(): void {
    for (const slot of this.#slots) slot.current = false;
    this.#ask();
    this.onChange(this);
  }

  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => {
      this.#asked = false;
      this.#draw();
    });
  }

  #draw(): void {
    const wanted = this.#slots.filter((slot) => (slot.near || this.#onPaper) && !slot.current);
    if (wanted.length === 0) return;
    const view = this.#view();
    for (const slot of wanted) {
      if (slot.chart) slot.chart.show(view);
      else slot.chart = this.#chart(slot, view);
      if (this.#onPaper) slot.chart.fit(PAPER_WIDTH);
      slot.current = true;
    }
  }

  #chart(slot: Slot, view: ChartView): PathChart {
    const path = this.#slots.indexOf(slot);
    return new PathChart(
      {
        ...slot,
        data: this.data,
        findings: this.data.findings.filter((finding) => finding.path === path),
        palette: this.#palette,
        logarithmic: this.#logarithmic,
        view,
        secondOf: (instantNs) => this.#secondOf(instantNs),
      },
      {
        chosen: (fromS, toS) => {
          this.#stop = -1;
          const instant = (second: number): number => (second - this.data.epochOfDayMs / 1e3) * 1e9;
          this.show({ fromNs: instant(fromS), toNs: instant(toS) });
        },
        reset: () => this.all(),
      },
    );
  }

  /** One scale for all, so that paths can be compared by eye. */
  #view(): ChartView {
    const fromS = this.#secondOf(this.#window.fromNs);
    const toS = this.#secondOf(this.#window.toNs);
    let [least, most] = [Number.POSITIVE_INFINITY, 0];
    for (const { points } of this.#slots) {
      const range = rttRange(points, fromS, toS);
      least = Math.min(least, range.least);
      most = Math.max(most, range.most);
    }
    if (most <= 0) [least, most] = [0.01, 1];
    return { fromS, toS, leastMs: this.#logarithmic ? Math.max(1e-4, least * 0.8) : -0.03 * most, mostMs: most * 1.08 };
  }
}
