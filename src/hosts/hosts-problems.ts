import { isMap } from 'yaml';
import { closest } from '../format/closest.js';
import { type Keys, problemAt, shown, type Yaml, type YamlProblem, type YamlWords } from '../format/yaml-problems.js';

/** Names stand in path names, `vantage>target/protocol`, and in patterns of them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: a name must not have them.
const NO_NAME = /[\s>/*\u0000-\u001f\u007f-\u009f]|^$|^__proto__$/;

export const HOSTS_WORDS: YamlWords = {
  keys: ['vantages', 'targets', 'paths', 'transport', 'overlay', 'host', 'name', 'namespace', 'pod'].concat([
    'container',
    'context',
    'debug',
    'image',
    'tracer',
    'kind',
    'address',
    'port',
    'vantage',
    'node',
    'backends',
    'from',
    'to',
    'probe',
  ]),
  topLevel: 'the file has vantages, targets and paths',
  union: (input) => {
    const transport = (input as { readonly transport?: unknown } | undefined)?.transport;
    return `${shown(transport)}: one of local, ssh, netns, kubectl`;
  },
};

/**
 * Names that nothing goes by, names that are none, and paths that stand twice. Takes what was read as it is, as far as
 * it has the shape, so that one mistake does not hide the next.
 */
export function referenceProblems(value: unknown, yaml: Yaml): YamlProblem[] {
  const problems: YamlProblem[] = [];
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
    const kind = entry.get('kind');
    if (entry.has('backends') && kind !== 'nodeport' && kind !== 'service') {
      say(['targets', name, 'backends'], 'is the number of pods behind a nodeport or service');
    }
    for (const key of ['node', 'pod'] as const) {
      const other = entry.get(key);
      if (typeof other !== 'string') continue;
      if (key === 'node' && (other === name || (kind === 'node' && entriesOf(targets.get(other)).has('node')))) {
        say(['targets', name, key], 'names the target that stands for the machine, which names no other');
        continue;
      }
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
