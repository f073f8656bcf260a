/** What may come on the standard input after the plan; its end is a command as well. */
export type Command = 'stop' | 'counters' | 'closed';

/** Reads the plan, and then what is asked of the run, as `rxray-prober` does. */
export class PlanInput {
  /** The lines of the plan; `undefined` when the input ended before it did. */
  readonly plan: Promise<string | undefined>;
  readonly #planLines: string[] = [];
  /** Commands that came before anybody listened. */
  readonly #early: Command[] = [];
  #rest = '';
  #planRead = false;
  #resolve: (text: string | undefined) => void = () => {};
  #listener: ((command: Command) => void) | undefined;

  constructor(input: NodeJS.ReadStream) {
    this.plan = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    input.setEncoding('utf8');
    input.on('data', (text: string) => this.#take(text));
    input.on('end', () => this.#end());
    input.on('error', () => this.#end());
  }

  listen(listener: (command: Command) => void): void {
    this.#listener = listener;
    for (const command of this.#early.splice(0)) listener(command);
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines.map((one) => one.trim())) {
      if (!this.#planRead) {
        this.#planLines.push(line);
        if (line !== 'run') continue;
        this.#planRead = true;
        this.#resolve(this.#planLines.join('\n'));
      } else if (line === 'stop' || line === 'counters') {
        this.#say(line);
      }
    }
  }

  #end(): void {
    if (this.#planRead) this.#say('closed');
    else this.#resolve(undefined);
  }

  #say(command: Command): void {
    if (this.#listener) this.#listener(command);
    else this.#early.push(command);
  }
}
