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

/** All that is wrong in an agent.yaml. */
export function checkConfigText(text: string): CheckedConfig {
  const yaml = readYaml(text);
  if (yaml.problems.length > 0) return { problems: yaml.problems, config: undefined };
  const parsed = agentConfigSchema.safeParse(yaml.value ?? {}, { reportInput: true });
  if (parsed.success) return { problems: [], config: parsed.data };
  const problems = schemaProblems(parsed.error, yaml, WORDS);
  problems.sort((one, other) => one.line - other.line);
  return { problems, config: undefined };
}

/** @throws CodedError E_CONFIG that names all that is wrong, each with file, line, key and what was expected */
export function parseConfig(text: string, file: string): AgentConfig {
  const { problems, config } = checkConfigText(text);
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
