import { readFile } from 'node:fs/promises';
import { readYaml, schemaProblems, shown, type YamlProblem, type YamlWords } from '../../format/yaml-problems.js';
import { CodedError } from '../../model/errors.js';
import { type AgentConfig, agentConfigSchema } from './agent-config.js';

const WORDS: YamlWords = {
  keys: [
    ...['node', 'zone', 'tier', 'members', 'file', 'dns', 'names', 'port', 'every', 'kubernetes', 'namespace'],
    ...['selector', 'nodePort', 'api', 'tokenFile', 'caFile', 'ring', 'neighbours', 'sameZone', 'probe', 'interval'],
    ...['kinds', 'flows', 'sourcePorts', 'interface', 'maxPerTarget', 'keys', 'secretFile', 'privateKeyFile'],
    ...['inbound', 'interfaces', 'escalation', 'length', 'cooldown', 'recorder', 'folder', 'memory', 'minutes'],
    ...['keep', 'bytes', 'listen', 'address', 'webConfig'],
  ],
  topLevel: 'the file has node, zone, tier, members, ring, probe, keys, inbound, escalation, recorder and listen',
  union: (input) => `${shown(input)} is of no known form`,
};

export interface CheckedConfig {
  /** In the order of lines; none where the file can be used. */
  readonly problems: readonly YamlProblem[];
  readonly config: AgentConfig | undefined;
}

/** What options of the command line say in place of the file. */
export interface ConfigOverrides {
  readonly node?: string | undefined;
  readonly zone?: string | undefined;
  readonly members?: string | undefined;
  readonly listen?: string | undefined;
  readonly secretFile?: string | undefined;
}

function overridden(value: unknown, { node, zone, members, listen, secretFile }: ConfigOverrides): unknown {
  if (value !== null && value !== undefined && (typeof value !== 'object' || Array.isArray(value))) return value;
  const file = (value ?? {}) as Record<string, unknown>;
  const part = (key: string): object => (typeof file[key] === 'object' && file[key] !== null ? file[key] : {});
  return {
    ...file,
    ...(node === undefined ? {} : { node }),
    ...(zone === undefined ? {} : { zone }),
    ...(members === undefined ? {} : { members: { file: members } }),
    ...(listen === undefined ? {} : { listen: { ...part('listen'), address: listen } }),
    ...(secretFile === undefined ? {} : { keys: { secretFile } }),
  };
}

/** All that is wrong in an agent.yaml. */
export function checkConfigText(text: string, overrides: ConfigOverrides = {}): CheckedConfig {
  const yaml = readYaml(text);
  if (yaml.problems.length > 0) return { problems: yaml.problems, config: undefined };
  const parsed = agentConfigSchema.safeParse(overridden(yaml.value, overrides), { reportInput: true });
  if (parsed.success) return { problems: [], config: parsed.data };
  const problems = schemaProblems(parsed.error, yaml, WORDS);
  problems.sort((one, other) => one.line - other.line);
  return { problems, config: undefined };
}

/** @throws CodedError E_CONFIG that names all that is wrong, each with file, line, key and what was expected */
export function parseConfig(text: string, file: string, overrides: ConfigOverrides = {}): AgentConfig {
  const { problems, config } = checkConfigText(text, overrides);
  if (config !== undefined) return config;
  const lines = problems.map(({ line, key, message }) => `${file}:${line}: ${key === '' ? '' : `${key}: `}${message}`);
  throw new CodedError('E_CONFIG', lines.join('\n'), 'mend it; rxray agent example shows every entry', 2);
}

/** @throws CodedError E_CONFIG */
export async function readConfigText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new CodedError('E_CONFIG', `cannot read ${file}: ${(cause as Error).message}`, 'check the path', 2);
  }
}
