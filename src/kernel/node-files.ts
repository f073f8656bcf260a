import type { NodeAnswer, NodeText, NodeTree } from './node-answer.js';

/** A text of a node, or in words why there is none. */
export type Reading = NodeText | { readonly kind: 'none'; readonly why: string };

/** What a node has answered so far, by path. */
export class NodeFiles {
  readonly #texts = new Map<string, NodeText[]>();
  readonly #trees = new Map<string, NodeTree>();
  readonly #failures = new Map<string, string>();
  readonly #interfaces = new Map<string, string>();
  readonly #listeners = new Map<string, string>();
  readonly #rules = new Map<string, string>();
  readonly #names: string[] = [];

  constructor(answers: readonly NodeAnswer[] = []) {
    this.add(answers);
  }

  add(answers: readonly NodeAnswer[]): void {
    for (const answer of answers) {
      if (answer.kind === 'text') {
        const texts = this.#texts.get(answer.path);
        if (texts) texts.push(answer);
        else this.#texts.set(answer.path, [answer]);
      } else if (answer.kind === 'tree') this.#trees.set(answer.path, answer);
      else if (answer.kind === 'interface') this.#interfaces.set(answer.path, answer.json);
      else if (answer.kind === 'listener') this.#listeners.set(answer.path, answer.json);
      else if (answer.kind === 'rules') this.#rules.set(answer.path, answer.json);
      else if (answer.kind === 'name') this.#names.push(answer.path);
      else if (answer.kind === 'fail') this.#failures.set(answer.path, answer.error);
      else if (answer.kind === 'skip') this.#failures.set(answer.path, SKIPPED);
    }
  }

  /** The first reading of a file. */
  text(path: string): Reading {
    return this.#texts.get(path)?.[0] ?? { kind: 'none', why: this.whyNot(path) };
  }

  /** Every reading of it. */
  texts(path: string): readonly NodeText[] {
    return this.#texts.get(path) ?? [];
  }

  tree(root: string): NodeTree | undefined {
    return this.#trees.get(root);
  }

  /** Whether there is an answer at all, be it a failure. */
  answered(path: string): boolean {
    return this.#texts.has(path) || this.#trees.has(path) || this.#failures.has(path);
  }

  /** Names and JSON documents of the interfaces that were asked about. */
  get interfaces(): ReadonlyMap<string, string> {
    return this.#interfaces;
  }

  /** JSON documents about who listens, by port. */
  get listeners(): ReadonlyMap<string, string> {
    return this.#listeners;
  }

  /** JSON documents about the firewall, by `ipv4` and `ipv6`. */
  get rules(): ReadonlyMap<string, string> {
    return this.#rules;
  }

  /** Paths that were listed or read and fit an expression. */
  paths(form: RegExp): string[] {
    return [...this.#names, ...this.#texts.keys()].filter((path) => form.test(path));
  }

  whyNot(path: string): string {
    const error = this.#failures.get(path);
    return error === undefined ? `${path} was not read` : `${path}: ${WORDS[error] ?? error}`;
  }

  failure(path: string): string | undefined {
    return this.#failures.get(path);
  }
}

const SKIPPED = 'SKIPPED';

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'not there',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
  ENODEV: 'no longer there',
  [SKIPPED]: 'not read, as the time for reading was used up',
};
