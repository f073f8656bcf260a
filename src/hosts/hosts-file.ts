import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import * as z from 'zod';
import { readYaml, schemaProblems, type YamlProblem } from '../format/yaml-problems.js';
import { CodedError } from '../model/errors.js';
import { OVERLAYS } from '../model/overlay.js';
import { PROTOCOLS } from '../model/protocol.js';
import { TARGET_KINDS } from '../model/target.js';
import { HOSTS_WORDS, referenceProblems } from './hosts-problems.js';

const PORT = 'a number from 1 to 65535';
const port = z.int().min(1, PORT).max(65_535, PORT);

/** More pods than that behind one port are not probed one by one. */
const MOST_BACKENDS = 1_000;
const BACKENDS = `a number from 1 to ${MOST_BACKENDS}`;
const address = z.string().refine((text) => isIP(text) !== 0, 'a numeric IPv4 or IPv6 address');

const vantageSchema = z.discriminatedUnion('transport', [
  z.strictObject({ transport: z.literal('local'), overlay: z.boolean().default(false) }),
  z.strictObject({ transport: z.literal('ssh'), host: z.string().min(1), overlay: z.boolean().default(false) }),
  z.strictObject({ transport: z.literal('netns'), name: z.string().min(1), overlay: z.boolean().default(false) }),
  z.strictObject({
    transport: z.literal('kubectl'),
    namespace: z.string().default('default'),
    pod: z.string().min(1),
    container: z.string().min(1).optional(),
    context: z.string().min(1).optional(),
    debug: z.boolean().optional(),
    image: z.string().min(1).optional(),
    tracer: z.string().min(1).optional(),
    overlay: z.boolean().default(false),
  }),
]);

const targetSchema = z.strictObject({
  kind: z.enum(TARGET_KINDS),
  address,
  port: port.optional(),
  vantage: z.string().optional(),
  node: z.string().optional(),
  pod: z.string().optional(),
  overlay: z.enum(OVERLAYS).optional(),
  url: z.string().refine(isHttpUrl, 'a URL of http or https').optional(),
  lookup: z.string().min(1).optional(),
  backends: z.int().min(1, BACKENDS).max(MOST_BACKENDS, BACKENDS).optional(),
});

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

const hostsSchema = z.strictObject({
  vantages: z.record(z.string(), vantageSchema).default({}),
  targets: z.record(z.string(), targetSchema),
  paths: z.array(z.strictObject({ from: z.string(), to: z.string(), probe: z.enum(PROTOCOLS) })).optional(),
});

/** The content of a hosts.yaml: vantages, targets, and the paths between them where they are given. */
export type Hosts = z.infer<typeof hostsSchema>;

/**
 * Reads and checks a hosts.yaml.
 *
 * @throws CodedError E_HOSTS that names all that is wrong in it, each with file, line, key and what was expected
 */
export async function readHosts(file: string): Promise<Hosts> {
  return parseHosts(await readHostsText(file), file);
}

/** @throws CodedError E_HOSTS */
export async function readHostsText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new CodedError('E_HOSTS', `cannot read ${file}: ${(cause as Error).message}`, 'check the path', 2);
  }
}

/** The same as it stands in a recording. */
export function parseRecordedHosts(value: unknown, file: string): Hosts {
  const parsed = hostsSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new CodedError(
    'E_HOSTS',
    `${file}: its hosts are none that this rxray knows`,
    'use the rxray that recorded',
    2,
  );
}

/** @throws CodedError E_HOSTS */
export function parseHosts(text: string, file: string): Hosts {
  const { hosts, problems } = checkHostsText(text);
  if (hosts !== undefined && problems.length === 0) return hosts;
  const lines = problems.map(({ line, key, message }) => `${file}:${line}: ${key === '' ? '' : `${key}: `}${message}`);
  throw new CodedError('E_HOSTS', lines.join('\n'), 'mend it; rxray hosts example shows every kind of entry', 2);
}

export interface CheckedHosts {
  /** In the order of lines; none where the file can be used. */
  readonly problems: readonly YamlProblem[];
  readonly hosts: Hosts | undefined;
}

/** All that is wrong in a hosts.yaml. */
export function checkHostsText(text: string): CheckedHosts {
  const yaml = readYaml(text);
  if (yaml.problems.length > 0) return { problems: yaml.problems, hosts: undefined };
  const parsed = hostsSchema.safeParse(yaml.value ?? {}, { reportInput: true });
  const problems = parsed.success ? [] : schemaProblems(parsed.error, yaml, HOSTS_WORDS);
  // What the schema refuses may still refer to what is there: all is told at once.
  problems.push(...referenceProblems(parsed.data ?? yaml.value, yaml));
  problems.sort((one, other) => one.line - other.line);
  return { problems, hosts: parsed.data };
}
