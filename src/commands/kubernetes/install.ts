import { stringify } from 'yaml';
import { installation } from '../../deploy/manifests.js';
import type { Json } from '../../deploy/resolve.js';
import { VALUES, valuesWith } from '../../deploy/values.js';
import { closest } from '../../format/closest.js';
import { ownFile } from '../../installation/own-file.js';
import { askKubectl, type ClusterPlace } from '../../kubernetes/kubectl.js';
import { CodedError } from '../../model/errors.js';
import { EXIT } from '../run/exit-status.js';
import type { Io } from '../terminal/io.js';
import { withOutput } from '../terminal/output.js';

export interface InstallOptions extends ClusterPlace {
  readonly namespace: string;
  /** `path=value`, as Helm's --set has it. */
  readonly set: readonly string[];
  /** Print what would be applied. */
  readonly dryRun: boolean;
  readonly output?: string | undefined;
}

/**
 * `kubectl rxray install`: applies what the chart would, by server-side apply, or prints it.
 *
 * @throws CodedError E_VALUE for a value that is none; E_KUBECTL
 */
export async function install(options: InstallOptions, io: Io): Promise<number> {
  const profile = ownFile('deploy/seccomp-trace.json').toString();
  const objects = installation(options.namespace, valuesWith(valuesOf(options.set)), profile);
  const text = objects
    .map((object) => `---\n${stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })}`)
    .join('');
  if (options.dryRun) {
    await withOutput({ output: options.output }, io, (output) => output.write(text));
    return EXIT.completed;
  }
  const asked = await askKubectl(options, ['apply', '--server-side', '--field-manager=rxray', '-f', '-'], text);
  if (asked.state === 'answered') {
    await io.out(asked.text);
    return EXIT.completed;
  }
  const why = asked.state === 'refused' ? asked.why : 'the cluster does not know one of the kinds';
  throw new CodedError(
    'E_KUBECTL',
    `not installed: ${why}`,
    'hand what kubectl rxray install --dry-run prints to an administrator of the cluster',
    4,
  );
}

/** @throws CodedError E_VALUE */
export function valuesOf(words: readonly string[]): Readonly<Record<string, Json>> {
  return Object.fromEntries(
    words.map((word) => {
      const [, path = word, text = ''] = /^([\w.]+)=(.*)$/s.exec(word) ?? [];
      const declared = VALUES.find((one) => one.path === path);
      if (declared === undefined) {
        const paths = VALUES.map((one) => one.path);
        const meant = closest(path, paths);
        throw new CodedError(
          'E_VALUE',
          `there is no value ${path}`,
          meant === undefined ? `there are ${paths.join(', ')}` : `did you mean ${meant}?`,
          2,
        );
      }
      return [path, checked(text, declared.byDefault, declared.schema, path)];
    }),
  );
}

function checked(text: string, byDefault: Json, schema: Readonly<Record<string, Json>>, path: string): Json {
  const refuse = (expected: string): CodedError =>
    new CodedError('E_VALUE', `${path}=${text}: not ${expected}`, 'see docs/reference/kubernetes-values.md', 2);
  if (typeof byDefault === 'string') {
    const { enum: choices, pattern } = schema;
    if (Array.isArray(choices) && !choices.includes(text)) throw refuse(`one of ${choices.join(', ')}`);
    if (typeof pattern === 'string' && !new RegExp(pattern).test(text)) throw refuse(`of the form ${pattern}`);
    return text;
  }
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw refuse('JSON');
  }
  const kind = (of: Json): string => (Array.isArray(of) ? 'a list' : of === null ? 'null' : typeof of);
  if (kind(value) !== kind(byDefault)) throw refuse(kind(byDefault));
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema;
  if (typeof value === 'number' && !(Number.isInteger(value) && value >= Number(minimum) && value <= Number(maximum))) {
    throw refuse(`a whole number from ${minimum} to ${maximum}`);
  }
  return value;
}
