import { type Document, isScalar, visit } from 'yaml';
import type * as z from 'zod';
import { readYaml } from '../../../format/yaml-problems.js';
import { CodedError } from '../../../model/errors.js';
import { type Scenario, type ScenarioInput, scenarioSchema } from './scenario.js';

type Issue = z.core.$ZodIssue;

/**
 * A scenario from the text of a YAML file.
 * @param file its name, for messages: `FILE:LINE: KEY: expected …`
 * @throws CodedError E_SCENARIO
 */
export function parseScenario(text: string, file = 'scenario'): Scenario {
  const { value, document, lines, problems } = readYaml(text);
  const [broken] = problems;
  if (broken !== undefined) throw refusal([`${file}:${broken.line}: ${broken.message}`]);
  const lost = lostName(document);
  if (lost !== undefined) throw refusal([`${file}:${lines.linePos(lost).line}: __proto__: expected another name`]);
  const parsed = scenarioSchema.safeParse(value);
  if (parsed.success) return parsed.data;

  const lineOf = (path: readonly PropertyKey[]): number => {
    // A key that is missing has no line, so that of what should hold it.
    for (let depth = path.length; depth >= 0; depth--) {
      const node: unknown = depth === 0 ? document.contents : document.getIn(keys(path.slice(0, depth)), true);
      const offset = offsetOf(node);
      if (offset !== undefined) return lines.linePos(offset).line;
    }
    return 1;
  };
  throw refusal(
    parsed.error.issues
      .map(innermost)
      .map((issue) => `${file}:${lineOf(issue.path)}: ${issue.path.join('.') || 'scenario'}: ${expectation(issue)}`),
  );
}

/**
 * A scenario made by a program, in the form of the file.
 * @throws CodedError E_SCENARIO
 */
export function makeScenario(input: ScenarioInput): Scenario {
  const parsed = scenarioSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw refusal(parsed.error.issues.map(innermost).map((issue) => `${issue.path.join('.')}: ${expectation(issue)}`));
}

/** Where a key has the one name that an object does not keep. */
function lostName(document: Document): number | undefined {
  let found: number | undefined;
  visit(document, {
    Pair: (_, { key }) => {
      if (isScalar(key) && key.value === '__proto__') found ??= key.range?.[0];
    },
  });
  return found;
}

function refusal(messages: readonly string[]): CodedError {
  return new CodedError('E_SCENARIO', messages.join('\n'), 'Correct the scenario and start again.', 2);
}

function keys(path: readonly PropertyKey[]): (string | number)[] {
  return path.map((key) => (typeof key === 'number' ? key : String(key)));
}

function offsetOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) return undefined;
  const offset: unknown = node.range[0];
  return typeof offset === 'number' ? offset : undefined;
}

/** Of a union that fits in no form, the complaint that lies deepest: that form was meant. */
function innermost(issue: Issue): Issue {
  if (issue.code !== 'invalid_union') return issue;
  const within = issue.errors
    .flat()
    .map(innermost)
    .sort((a, b) => b.path.length - a.path.length)[0];
  if (within === undefined || within.path.length === 0) return issue;
  return { ...within, path: [...issue.path, ...within.path] };
}

function expectation(issue: Issue): string {
  if (issue.code === 'unrecognized_keys') return `expected no key of the name ${issue.keys.join(', ')}`;
  if (issue.code === 'invalid_value') return `expected ${issue.values.map(String).join(' or ')}`;
  return issue.message.replace(/^Invalid input: /, '');
}
