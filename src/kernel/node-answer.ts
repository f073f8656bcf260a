/** What a node answers to one order; native/README.md has the orders. */
export type NodeAnswer =
  | NodeText
  | NodeTree
  | { readonly kind: 'fail'; readonly path: string; readonly error: string }
  /** The time set aside for reading was used up. */
  | { readonly kind: 'skip'; readonly path: string }
  | { readonly kind: 'name'; readonly path: string }
  /** A pattern led to more paths than are answered. */
  | { readonly kind: 'cut'; readonly path: string }
  /** A JSON document about an interface, in the place of a path its name. */
  | { readonly kind: 'interface'; readonly path: string; readonly json: string }
  /** A JSON document about who listens on a TCP port; in the place of a path the port. */
  | { readonly kind: 'listener'; readonly path: string; readonly json: string }
  /** A JSON document about the way to an address, or `null`; in the place of a path the address. */
  | { readonly kind: 'route'; readonly path: string; readonly json: string }
  /** A JSON document about the firewall; in the place of a path `ipv4` or `ipv6`. */
  | { readonly kind: 'rules'; readonly path: string; readonly json: string }
  | { readonly kind: 'mark'; readonly atNs: number; readonly cpuNs: number; readonly word: string };

/** A file, read at an instant of the node's CLOCK_MONOTONIC. */
export interface NodeText {
  readonly kind: 'text';
  readonly path: string;
  readonly text: string;
  readonly atNs: number;
  /** How long opening and reading took, and the CPU time of it. */
  readonly wallNs: number;
  readonly cpuNs: number;
  /** It was longer than what is read of a file. */
  readonly cut: boolean;
}

/** The directories of a hierarchy, nearest to the root first; the root is the first one, with the path ''. */
export interface NodeTree {
  readonly kind: 'tree';
  readonly path: string;
  readonly wallNs: number;
  readonly cpuNs: number;
  /** How many there are; only some of them may be told of. */
  readonly count: number;
  /** False when the walk came to its limit: there are more. */
  readonly complete: boolean;
  readonly directories: readonly NodeDirectory[];
}

export interface NodeDirectory {
  /** Below the root, with a slash before each name. */
  readonly path: string;
  readonly descendants: number;
}

const NEWLINE = 10;

/** Puts answers together from the bytes that a node sends. */
export class NodeAnswerReader {
  #pending: Buffer = Buffer.alloc(0);

  /** @returns the answers that are whole by now */
  take(bytes: Uint8Array): NodeAnswer[] {
    this.#pending = this.#pending.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#pending, bytes]);
    const answers: NodeAnswer[] = [];
    for (let next = this.#next(); next !== undefined; next = this.#next()) answers.push(next);
    return answers;
  }

  #next(): NodeAnswer | undefined {
    const end = this.#pending.indexOf(NEWLINE);
    if (end < 0) return undefined;
    const line = this.#pending.toString('utf8', 0, end);
    const [kind = '', ...words] = line.split(' ');
    const behind = (count: number): string => words.slice(count).join(' ');
    if (kind === 'text') return this.#text(words.map(Number), behind(5), end + 1);
    if (kind === 'tree') return this.#tree(words.map(Number), behind(6), end + 1);
    this.#pending = this.#pending.subarray(end + 1);
    const [first = '', second = ''] = words;
    switch (kind) {
      case 'fail':
        return { kind, error: first, path: behind(1) };
      case 'skip':
      case 'name':
      case 'cut':
        return { kind, path: behind(0) };
      case 'interface':
      case 'listener':
      case 'route':
      case 'rules':
        return { kind, path: first, json: behind(1) };
      case 'mark':
        return { kind, atNs: Number(first), cpuNs: Number(second), word: behind(2) };
      default:
        throw new RangeError(`not an answer of a node: ${line.slice(0, 80)}`);
    }
  }

  #text(numbers: readonly number[], path: string, from: number): NodeAnswer | undefined {
    const [atNs = 0, wallNs = 0, cpuNs = 0, length = 0, cut = 0] = numbers;
    if (this.#pending.length <= from + length) return undefined;
    const text = this.#pending.toString('utf8', from, from + length);
    this.#pending = this.#pending.subarray(from + length + 1);
    return { kind: 'text', path, text, atNs, wallNs, cpuNs, cut: cut === 1 };
  }

  #tree(numbers: readonly number[], path: string, from: number): NodeAnswer | undefined {
    const [, wallNs = 0, cpuNs = 0, count = 0, complete = 0, told = 0] = numbers;
    const directories: NodeDirectory[] = [];
    let place = from;
    for (let index = 0; index < told; index += 1) {
      const end = this.#pending.indexOf(NEWLINE, place);
      if (end < 0) return undefined;
      const line = this.#pending.toString('utf8', place, end);
      const [parent = '', descendants = '', ...name] = line.split(' ');
      const above = directories[Number(parent)]?.path ?? '';
      directories.push({ path: index === 0 ? '' : `${above}/${name.join(' ')}`, descendants: Number(descendants) });
      place = end + 1;
    }
    this.#pending = this.#pending.subarray(place);
    return { kind: 'tree', path, wallNs, cpuNs, count, complete: complete === 1, directories };
  }
}
