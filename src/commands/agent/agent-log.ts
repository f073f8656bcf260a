type Level = 'info' | 'warning' | 'error';

/** The same words are told once in so long; what was left out is counted. */
const AGAIN_MS = 60_000;
const MOST_KNOWN = 256;

/** What an agent says while it lives: lines with time and level, on standard error. */
export class AgentLog {
  readonly #said = new Map<string, { atMs: number; unsaid: number }>();

  constructor(private readonly write: (text: string) => void) {}

  say(level: Level, words: string): void {
    const now = performance.now();
    const known = this.#said.get(words);
    if (known !== undefined && now - known.atMs < AGAIN_MS) {
      known.unsaid += 1;
      return;
    }
    const more = known !== undefined && known.unsaid > 0 ? ` (and ${known.unsaid} times since)` : '';
    if (this.#said.size >= MOST_KNOWN) this.#said.clear();
    this.#said.set(words, { atMs: now, unsaid: 0 });
    this.write(`${new Date().toISOString()} ${level} ${words}${more}\n`);
  }
}
