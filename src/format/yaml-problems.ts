import { type Document, isMap, isSeq, LineCounter, parseDocument } from 'yaml';
import type * as z from 'zod';
import { closest } from './closest.js';

/** One thing that is wrong in a YAML file. */
export interface YamlProblem {
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
  readonly problems: readonly YamlProblem[];
}

/** What the words of a message need to know of a kind of file. */
export interface YamlWords {
  /** Keys that a typing error may have meant. */
  readonly keys: readonly string[];
  /** `the file has vantages, targets and paths` */
  readonly topLevel: string;
  /** Of a value that none of several forms fits: `"sssh": one of local, ssh, netns, kubectl`. */
  union(input: unknown): string;
}

export type Keys = readonly PropertyKey[];

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
export function schemaProblems(error: z.ZodError, yaml: Yaml, words: YamlWords): YamlProblem[] {
  return error.issues.flatMap((issue) => issueProblems(issue, yaml, words));
}

function issueProblems(issue: z.core.$ZodIssue, yaml: Yaml, words: YamlWords): YamlProblem[] {
  const at = (keys: Keys, message: string): YamlProblem => problemAt(keys, message, yaml);
  const given = shown(issue.input);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => at([...issue.path, key], `unknown key${meant(key, issue.path, words)}`));
    case 'invalid_type':
      if (issue.input === undefined) return [at(issue.path, `missing: ${EXPECTED[issue.expected] ?? issue.expected}`)];
      return [at(issue.path, `${given} is not ${EXPECTED[issue.expected] ?? issue.expected}`)];
    case 'invalid_value':
      return [at(issue.path, `${given}: one of ${issue.values.map(String).join(', ')}`)];
    case 'invalid_union':
      return [at(issue.path, words.union(issue.input))];
    case 'too_small':
    case 'too_big':
      if (issue.origin === 'string') return [at(issue.path, 'is empty')];
      return [
        at(issue.path, `${given} is ${issue.message.startsWith('Too ') ? bound(issue) : `not ${issue.message}`}`),
      ];
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

function bound(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  if (issue.origin === 'array') return issue.code === 'too_small' ? 'too short a list' : 'too long a list';
  return issue.code === 'too_small' ? `less than ${issue.minimum}` : `more than ${issue.maximum}`;
}

function meant(key: string, path: Keys, words: YamlWords): string {
  const close = closest(key, words.keys);
  if (close !== undefined) return `; ${close}?`;
  return path.length === 0 ? `; ${words.topLevel}` : '';
}

export function problemAt(keys: Keys, message: string, yaml: Yaml): YamlProblem {
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

export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
