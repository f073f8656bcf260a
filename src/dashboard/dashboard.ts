import { present } from '../model/present.js';
import { type Action, actionOf } from './choices/actions.js';
import { type Choices, INITIAL_CHOICES, zoomFor } from './choices/choices.js';
import { choose } from './choices/choose.js';
import type { DashboardEvent, DashboardFeed } from './dashboard-feed.js';
import type { Capabilities } from './drawing/capabilities.js';
import { FramePacer } from './frame-pacer.js';
import { DashboardState } from './state/dashboard-state.js';
import { type Snapshot, takeSnapshot } from './state/snapshot.js';
import type { TerminalScreen } from './terminal/terminal-screen.js';
import { actionAt } from './views/pointing.js';
import { type Screen, screenView } from './views/screen-view.js';
import type { ViewContext } from './views/view-context.js';

/** A key shows so soon: the next one may follow at once. */
const AFTER_KEY_MS = 15;
/** Without news the picture is painted this often, for the clock of what is missing. */
const IDLE_MS = 1_000;

export interface DashboardOptions {
  readonly capabilities: Capabilities;
  /** For the share of memory of each. */
  readonly expectedPaths: number;
  /** The user wants to leave, or the terminal is gone. */
  readonly onQuit: () => void;
  /** Milliseconds; default the monotonic clock. */
  readonly now?: () => number;
  readonly zone?: string;
}

/**
 * What is measured, live on a terminal. Events are taken in as they come and painted at times of the dashboard's own; a
 * frame that the terminal has no room for is left out.
 */
export class Dashboard implements DashboardFeed {
  readonly #state: DashboardState;
  readonly #pacer = new FramePacer();
  readonly #now: () => number;
  #choices: Choices = INITIAL_CHOICES;
  #snapshot: Snapshot;
  #shown: Screen | undefined;
  #paused = false;
  #mouse = true;
  #changed = true;
  #heardMs: number;
  #paintedMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    private readonly screen: TerminalScreen,
    private readonly options: DashboardOptions,
  ) {
    this.#now = options.now ?? (() => performance.now());
    this.#heardMs = this.#now();
    this.#state = new DashboardState(options.expectedPaths);
    this.#snapshot = takeSnapshot(this.#state);
    screen.onKey((key) => this.#press(key));
    screen.onPointer((pointer) => {
      const action = this.#shown && actionAt(this.#context(), this.#shown, pointer);
      if (action) this.#act(action);
    });
    screen.onResize(() => this.#soon());
    screen.onHangUp(() => options.onQuit());
    this.#next(0);
  }

  /** Frames left out because the terminal was busy. */
  get droppedFrames(): number {
    return this.#pacer.dropped;
  }

  take(event: DashboardEvent): void {
    if (event.kind === 'run' && this.#state.run === undefined) {
      const intervals = event.run.paths.map(({ intervalNs }) => intervalNs);
      this.#choices = { ...this.#choices, zoomNs: zoomFor(Math.min(...intervals)) };
    }
    this.#state.take(event);
    this.#heardMs = this.#now();
    this.#changed = true;
  }

  /** Gives the terminal back. What is still taken in is not shown. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.screen.close();
  }

  #press(key: string): void {
    const action = actionOf(key, this.#choices.overlay);
    if (action) this.#act(action);
  }

  #act(action: Action): void {
    switch (action.kind) {
      case 'quit':
      case 'interrupt':
        this.options.onQuit();
        return;
      case 'pause':
        this.#paused = !this.#paused;
        break;
      case 'reset':
        this.#state.reset();
        this.#snapshot = takeSnapshot(this.#state);
        break;
      case 'mouse':
        this.#mouse = !this.#mouse;
        this.screen.setMouse(this.#mouse);
        break;
      case 'redraw':
        this.screen.forget();
        break;
      default: {
        const { fromNs, toNs } = (this.#shown ?? this.#draw()).window;
        const shown = { snapshot: this.#snapshot, spanNs: toNs - fromNs, endNs: toNs };
        this.#choices = choose(this.#choices, action, shown);
      }
    }
    this.#soon();
  }

  #soon(): void {
    this.#changed = true;
    this.#next(AFTER_KEY_MS);
  }

  #next(afterMs: number): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#frame(), afterMs);
  }

  #frame(): void {
    const beganMs = this.#now();
    if (!this.#changed && beganMs - this.#paintedMs < IDLE_MS) {
      this.#next(this.#pacer.idle());
      return;
    }
    if (!this.screen.isReady()) {
      this.#next(this.#pacer.drop());
      return;
    }
    if (!this.#paused) this.#snapshot = takeSnapshot(this.#state);
    this.#shown = this.#draw();
    this.screen.paint(this.#shown.lines);
    this.#changed = false;
    this.#paintedMs = beganMs;
    this.#next(this.#pacer.painted(this.#now() - beganMs));
  }

  #draw(): Screen {
    return screenView(this.#context(), this.screen.size);
  }

  #context(): ViewContext {
    const { capabilities, zone } = this.options;
    return {
      snapshot: this.#snapshot,
      choices: this.#choices,
      capabilities,
      paused: this.#paused,
      silentNs: (this.#now() - this.#heardMs) * 1e6,
      ...present({ zone }),
    };
  }
}
