import { CodedError } from '../model/errors.js';
import type { HelperProcess, Transport } from '../transports/transport.js';
import { type NodeAnswer, NodeAnswerReader } from './node-answer.js';

/** A way to the text files of /proc, /sys and the cgroup file systems of a node. */
export interface NodeReader {
  /** For messages: `this host`. */
  readonly place: string;
  /**
   * Sends orders and waits for all their answers, in the order of asking.
   *
   * @throws CodedError when the node cannot be reached or no longer answers
   */
  ask(orders: readonly string[]): Promise<NodeAnswer[]>;
  /** CPU time that answering has cost the node so far. */
  readonly cpuNs: number;
  close(): Promise<void>;
}

/** Answers come within this time, or a connection has died without a word. */
const PATIENCE_MS = 60_000;

/** The static helper, started once on the node: nothing is installed, and it reads files alone. */
export class HelperNodeReader implements NodeReader {
  readonly place: string;
  cpuNs = 0;
  readonly #helper: HelperProcess;
  readonly #answers: AsyncIterator<NodeAnswer>;
  #marks = 0;

  /** @throws CodedError E_HELPER when the helper cannot be started */
  constructor(transport: Transport) {
    this.place = transport.place;
    this.#helper = transport.launch('rxray-prober', ['--read-node']);
    this.#answers = answersOf(this.#helper);
  }

  async ask(orders: readonly string[]): Promise<NodeAnswer[]> {
    this.#marks += 1;
    const mark = String(this.#marks);
    this.#helper.send(`${[...orders, `mark ${mark}`].join('\n')}\n`);
    const deadline = setTimeout(() => this.#helper.terminate(), PATIENCE_MS);
    const answers: NodeAnswer[] = [];
    try {
      while (true) {
        const next = await this.#answers.next();
        if (next.done) throw await this.#ended();
        if (next.value.kind !== 'mark') answers.push(next.value);
        else if (next.value.word === mark) {
          this.cpuNs = next.value.cpuNs;
          return answers;
        }
      }
    } finally {
      clearTimeout(deadline);
    }
  }

  async close(): Promise<void> {
    this.#helper.closeInput();
    await this.#helper.exited.catch(() => {});
  }

  async #ended(): Promise<CodedError> {
    // Rejects with what is known of the way there, where that is the reason.
    const { stderr, code, signal } = await this.#helper.exited;
    const why = stderr === '' ? `status ${code ?? signal}` : stderr;
    return new CodedError('E_NODE', `${this.place} no longer answers (${why})`, 'try again; see rxray doctor', 4);
  }
}

async function* answersOf(helper: HelperProcess): AsyncGenerator<NodeAnswer> {
  const reader = new NodeAnswerReader();
  for await (const bytes of helper.output) yield* reader.take(bytes);
}
