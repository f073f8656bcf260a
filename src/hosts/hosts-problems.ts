import { type Document, isMap, isSeq, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { closest } from '../format/closest.js';

/** One thing that is wrong in a hosts.yaml. */
export interface HostsProblem {
  readonly line: number;
  /** `targets.node.address`; empty for the file as a whole. */
  readonly key: string;
  /** What is there and what was expected. */
  readonly message: string;
}

/** A YAML text, with what is needed to tell the line of a key. */
export interface Yaml {
  /** undefined for an empty text. */
  readonly value: unknown;
  readonly document: Document;
  readonly lines: LineCounter;
  readonly problems: readonly HostsProblem[];
}

type Keys = readonly PropertyKey[];

/** Names stand in path names, `vantage>target/protocol`, and in patterns of them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: a name must not have them.
const NO_NAME = /[\s>/*\u0000-\u001f\u007f-\u009f]|^$|^__proto__$/;

/** Never throws: what YAML itself refuses, aliases without an anchor and bombs of aliases included, is a problem. */
export function readYaml(text: string): Yaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const problems = document.errors.map((error) => ({
    line: lines.linePos(error.pos[0]).line,
    key: '',
    message: (error.message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '').replace(/:$/, ''),
  }));
  let value: unknown;
  try {
    if (problems.length === 0) value = document.toJS() ?? undefined;
  } catch (cause) {
    problems.push({ line: 1, key: '', message: (cause as Error).message });
  }
  return { value, document, lines, problems };
}

/** What the schema refuses, in words. */
export function schemaProblems(error: z.ZodError, yaml: Yaml): HostsProblem[] {
  return error.issues.flatMap((issue) => issueProblems(issue, yaml));
}

function issueProblems(issue: z.core.$ZodIssue, yaml: Yaml): HostsProblem[] {
  const at = (keys: Keys, message: string): HostsProblem => problemAt(keys, message, yaml);
  const given = shown(issue.input);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => at([...issue.path, key], `unknown key${meant(key, issue.path)}`));
    case 'invalid_type':
      if (issue.input === undefined) return [at(issue.path, `missing: ${EXPECTED[issue.expected] ?? issue.expected}`)];
      return [at(issue.path, `${given} is not ${EXPECTED[issue.expected] ?? issue.expected}`)];
    case 'invalid_value':
      return [at(issue.path, `${given}: one of ${issue.values.map(String).join(', ')}`)];
    case 'invalid_union': {
      const transport = (issue.input as { readonly transport?: unknown } | undefined)?.transport;
      return [at(issue.path, `${shown(transport)}: one of local, ssh, netns, kubectl`)];
    }
    case 'too_small':
    case 'too_big':
      if (issue.origin === 'string') return [at(issue.path, 'is empty')];
      return [at(issue.path, `${given} is not a number from 1 to 65535`)];
    default:
      return [at(issue.path, `${given} is not ${issue.message}`)];
  }
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'a text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'a map of keys and values',
  record: 'a map of names',
  array: 'a list',
};

const KNOWN_KEYS = ['vantages', 'targets', 'paths', 'transport', 'overlay', 'host', 'name', 'namespace', 'pod'].concat([
  'container',
  'context',
  'debug',
  'kind',
  'address',
  'port',
  'vantage',
  'node',
  'from',
  'to',
  'probe',
]);

function meant(key: string, path: Keys): string {
  const close = closest(key, KNOWN_KEYS);
  if (close !== undefined) return `; ${close}?`;
  return path.length === 0 ? '; the file has vantages, targets and paths' : '';
}

/**
 * Names that nothing goes by, names that are none, and paths that stand twice. Takes what was read as it is, as far as
 * it has the shape, so that one mistake does not hide the next.
 */
export function referenceProblems(value: unknown, yaml: Yaml): HostsProblem[] {
  const problems: HostsProblem[] = [];
  const say = (keys: Keys, message: string): void => {
    problems.push(problemAt(keys, message, yaml));
  };
  const root = entriesOf(value);
  const [vantages, targets] = [entriesOf(root.get('vantages')), entriesOf(root.get('targets'))];
  for (const [kind, map] of [
    ['vantages', document(yaml, 'vantages')],
    ['targets', document(yaml, 'targets')],
  ] as const) {
    for (const name of map) {
      if (NO_NAME.test(name)) say([kind, name], `${JSON.stringify(name)} is no name: no blanks, and none of > / *`);
    }
  }
  const vantageProblem = (name: string): string => `no vantage is named ${name}${oneOf(name, vantages)}`;
  for (const [name, target] of targets) {
    const entry = entriesOf(target);
    const vantage = entry.get('vantage');
    if (typeof vantage === 'string' && !vantages.has(vantage)) {
      say(['targets', name, 'vantage'], vantageProblem(vantage));
    }
    for (const key of ['node', 'pod'] as const) {
      const other = entry.get(key);
      if (typeof other !== 'string') continue;
      if (entriesOf(targets.get(other)).get('kind') === key) continue;
      say(['targets', name, key], `no target of kind ${key} is named ${other}${oneOf(other, targets)}`);
    }
  }
  const paths = root.get('paths');
  const seen = new Set<string>();
  for (const [index, path] of (Array.isArray(paths) ? paths : []).entries()) {
    const entry = entriesOf(path);
    const [from, to, probe] = [entry.get('from'), entry.get('to'), entry.get('probe')];
    if (typeof from === 'string' && !vantages.has(from)) say(['paths', index, 'from'], vantageProblem(from));
    if (typeof to === 'string' && !targets.has(to)) {
      say(['paths', index, 'to'], `no target is named ${to}${oneOf(to, targets)}`);
    }
    const name = `${from}>${to}/${probe}`;
    if (seen.has(name)) say(['paths', index], `${name} stands there twice`);
    seen.add(name);
  }
  return problems;
}

function oneOf(name: string, known: ReadonlyMap<string, unknown>): string {
  const close = closest(name, [...known.keys()]);
  return close === undefined ? '' : `; ${close}?`;
}

/** Own entries only: `constructor` is the name of nothing. */
function entriesOf(value: unknown): Map<string, unknown> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return new Map();
  return new Map(Object.entries(value));
}

/** The keys of a map as they are written: JavaScript has no property of some names. */
function document({ document }: Yaml, key: string): string[] {
  const map = document.get(key, true);
  return isMap(map) ? map.items.map((item) => String(item.key)) : [];
}

function problemAt(keys: Keys, message: string, yaml: Yaml): HostsProblem {
  return { line: lineOf(keys, yaml), key: keys.map(String).join('.'), message };
}

/** The line of the deepest of the keys that the document has. */
function lineOf(keys: Keys, { document, lines }: Yaml): number {
  for (let depth = keys.length; depth > 0; depth -= 1) {
    const parent = depth === 1 ? document.contents : document.getIn(keys.slice(0, depth - 1).map(plain), true);
    const last = keys[depth - 1];
    const node = isMap(parent)
      ? parent.items.find((item) => String(item.key) === String(last))?.key
      : isSeq(parent)
        ? parent.items[Number(last)]
        : undefined;
    const range = (node as { range?: [number, number, number] } | undefined)?.range;
    if (range) return lines.linePos(range[0]).line;
  }
  return 1;
}

function plain(key: PropertyKey): string | number {
  return typeof key === 'number' ? key : String(key);
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
