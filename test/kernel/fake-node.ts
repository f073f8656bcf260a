import { ALL_CHECKS } from '../../src/kernel/checks/all-checks.js';
import { checked } from '../../src/kernel/checks/check.js';
import type { NodeAnswer, NodeDirectory } from '../../src/kernel/node-answer.js';
import type { NodeReader } from '../../src/kernel/node-reader.js';
import { readNode } from '../../src/kernel/read-node.js';
import type { NodeCheck } from '../../src/model/node-check.js';

export interface FakeNodeOptions {
  /** Texts by path; of two, the second is there from the second reading on. A number: how long reading takes. */
  readonly files?: Readonly<Record<string, string | readonly [string, string]>>;
  readonly errors?: Readonly<Record<string, string>>;
  /** Directories below a root by path, with the number of those below each. */
  readonly trees?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly walkGivenUp?: boolean;
  /** Of two, the second from the second question on. */
  readonly interfaces?: Readonly<Record<string, object | readonly [object, object]>>;
  /** What the firewall is, by `ipv4` and `ipv6`; of two, the second from the second question on. */
  readonly rules?: Readonly<Record<string, object | readonly [object, object]>>;
  /** Wall and CPU time of each reading of a path, in order; the last stays. */
  readonly readNs?: Readonly<Record<string, readonly number[]>>;
  readonly seconds?: number;
}

/** A node made of recorded texts. What it has no text for is not there. */
export class FakeNode implements NodeReader {
  readonly place = 'a fake';
  cpuNs = 0;
  readonly orders: string[] = [];
  readonly #read = new Map<string, number>();

  constructor(private readonly options: FakeNodeOptions) {}

  async ask(orders: readonly string[]): Promise<NodeAnswer[]> {
    this.orders.push(...orders);
    return orders.flatMap((order) => {
      const [verb = '', ...words] = order.split(' ');
      if (verb === 'tree') return [this.#tree(words.slice(2).join(' '))];
      const path = words.join(' ');
      if (verb === 'read') return [this.#text(path)];
      if (verb === 'list') return this.#list(path);
      if (verb === 'rules') return this.#rules(path);
      return verb === 'interface' ? this.#interface(path) : [];
    });
  }

  async close(): Promise<void> {}

  #text(path: string): NodeAnswer {
    const { files = {}, errors = {}, readNs = {}, seconds = 2 } = this.options;
    const times = this.#read.get(path) ?? 0;
    this.#read.set(path, times + 1);
    const known = files[path];
    const text = typeof known === 'string' ? known : known?.[Math.min(times, 1)];
    const error = errors[path];
    if (text === undefined || error !== undefined) return { kind: 'fail', path, error: error ?? 'ENOENT' };
    const ns = readNs[path]?.[times] ?? readNs[path]?.at(-1) ?? 20_000;
    return { kind: 'text', path, text, atNs: times * seconds * 1e9, wallNs: ns, cpuNs: ns, cut: false };
  }

  #tree(path: string): NodeAnswer {
    const below = this.options.trees?.[path];
    if (below === undefined) return { kind: 'fail', path, error: 'ENOENT' };
    const directories: NodeDirectory[] = Object.entries(below).map(([name, descendants]) => ({
      path: name,
      descendants,
    }));
    const count = directories.length + 1;
    const complete = !this.options.walkGivenUp;
    const root = { path: '', descendants: count - 1 };
    return { kind: 'tree', path, wallNs: 0, cpuNs: 0, count, complete, directories: [root, ...directories] };
  }

  #interface(path: string): NodeAnswer[] {
    const known = this.options.interfaces?.[path];
    const times = this.#read.get(path) ?? 0;
    this.#read.set(path, times + 1);
    if (known === undefined) return [];
    const now = Array.isArray(known) ? known[Math.min(times, 1)] : known;
    return [{ kind: 'interface', path, json: JSON.stringify(now) }];
  }

  #rules(family: string): NodeAnswer[] {
    const known = this.options.rules?.[family];
    const times = this.#read.get(family) ?? 0;
    this.#read.set(family, times + 1);
    if (known === undefined) return [];
    const now = Array.isArray(known) ? known[Math.min(times, 1)] : known;
    return [{ kind: 'rules', path: family, json: JSON.stringify(now) }];
  }

  #list(pattern: string): NodeAnswer[] {
    const form = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^/]+')}$`);
    const paths = Object.keys(this.options.files ?? {}).filter((path) => form.test(path));
    return paths.length > 0
      ? paths.map((path) => ({ kind: 'name', path }))
      : [{ kind: 'fail', path: pattern, error: 'ENOENT' }];
  }
}

/** What one check says of such a node. */
export async function checkOf(name: string, options: FakeNodeOptions): Promise<NodeCheck[]> {
  const node = new FakeNode(options);
  const checks = ALL_CHECKS.filter((check) => check.name === name);
  const run = await readNode(checks, { network: node, machine: node }, 1, new AbortController().signal);
  return checks.flatMap((check) => checked(check, 'fake', run));
}

/** Only what a table of situations tells apart: `state subject: detail`. */
export async function saidBy(name: string, options: FakeNodeOptions): Promise<string[]> {
  const results = await checkOf(name, options);
  return results.map(({ state, subject, detail }) => `${state} ${subject === '' ? '' : `${subject}: `}${detail}`);
}
