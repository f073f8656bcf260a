import { Dashboard } from '../../dashboard/dashboard.js';
import type { DashboardEvent, DashboardFeed } from '../../dashboard/dashboard-feed.js';
import { openBlessedScreen } from '../../dashboard/terminal/blessed-screen.js';
import { checkTerminal } from './check-terminal.js';
import type { Io } from './io.js';
import { guardTerminal } from './terminal-guard.js';

/** Messages repeated on standard error when the terminal is given back; the first ones, as they tell why. */
const MESSAGES_KEPT = 20;

export interface LiveViewOptions {
  readonly expectedPaths: number;
  /** Plain characters, whatever the terminal can show. */
  readonly ascii: boolean;
}

/**
 * The dashboard over the terminal of this process. It closes by itself when the run is to stop; what was told meanwhile
 * is then repeated on standard error.
 */
export class LiveView implements DashboardFeed {
  readonly #dashboard: Dashboard;
  readonly #messages: string[] = [];
  #messagesLeftOut = 0;
  #closed = false;
  readonly #release: () => void;
  readonly #stopped = (): void => this.close();

  private constructor(
    dashboard: (onQuit: () => void) => Dashboard,
    private readonly io: Io,
  ) {
    this.#release = guardTerminal(process.stdout.fd);
    this.#dashboard = dashboard(() => io.interrupt());
    io.stop.addEventListener('abort', this.#stopped);
    if (io.stop.aborted) this.close();
  }

  /**
   * Takes the terminal over.
   *
   * @throws CodedError E_NO_TERMINAL as {@link checkTerminal}
   */
  static open(options: LiveViewOptions, io: Io): LiveView {
    const { capabilities, streams, term } = checkTerminal(options.ascii);
    const make = (onQuit: () => void): Dashboard =>
      new Dashboard(openBlessedScreen(streams, capabilities, term), {
        capabilities,
        expectedPaths: options.expectedPaths,
        onQuit,
      });
    return new LiveView(make, io);
  }

  take(event: DashboardEvent): void {
    if (event.kind === 'message') this.#remember(event.text);
    if (!this.#closed) this.#dashboard.take(event);
  }

  /** Gives the terminal back. Further calls do nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.io.stop.removeEventListener('abort', this.#stopped);
    this.#dashboard.close();
    this.#release();
    for (const text of this.#messages) this.io.err(`${text}\n`);
    if (this.#messagesLeftOut > 0) this.io.err(`… and ${this.#messagesLeftOut} messages more\n`);
  }

  #remember(text: string): void {
    if (this.#closed) this.io.err(`${text}\n`);
    else if (this.#messages.length < MESSAGES_KEPT) this.#messages.push(text);
    else this.#messagesLeftOut += 1;
  }
}
