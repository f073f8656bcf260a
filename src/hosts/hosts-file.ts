import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { isMap, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { CodedError } from '../model/errors.js';
import { PROTOCOLS } from '../model/protocol.js';
import { TARGET_KINDS } from '../model/target.js';

const port = z.int().min(1).max(65_535);
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
  overlay: z.enum(['ipip']).optional(),
});

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
 * @throws CodedError E_HOSTS that names file, line, key and what was expected
 */
export async function readHosts(file: string): Promise<Hosts> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new CodedError('E_HOSTS', `cannot read ${file}: ${(cause as Error).message}`, 'check the path', 2);
  }
  return parseHosts(text, file);
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

export function parseHosts(text: string, file: string): Hosts {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const broken = document.errors[0];
  if (broken) {
    const { line } = lines.linePos(broken.pos[0]);
    throw new CodedError('E_HOSTS', `${file}:${line}: ${firstLine(broken.message)}`, 'mend the YAML there', 2);
  }
  const parsed = hostsSchema.safeParse(document.toJS());
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const keys = issue?.path ?? [];
    const line = lineOf(document, keys, lines);
    const key = keys.length > 0 ? `${keys.join('.')}: ` : '';
    throw new CodedError(
      'E_HOSTS',
      `${file}:${line}: ${key}${issue?.message ?? 'not valid'}`,
      `see docs/reference/hosts-yaml.md`,
      2,
    );
  }
  checkReferences(parsed.data, (keys, message) => {
    const line = lineOf(document, keys, lines);
    throw new CodedError(
      'E_HOSTS',
      `${file}:${line}: ${keys.join('.')}: ${message}`,
      'use a name defined in this file',
      2,
    );
  });
  return parsed.data;
}

function checkReferences(hosts: Hosts, refuse: (keys: readonly string[], message: string) => never): void {
  for (const [name, target] of Object.entries(hosts.targets)) {
    if (target.vantage !== undefined && !(target.vantage in hosts.vantages)) {
      refuse(['targets', name, 'vantage'], `no vantage is named ${target.vantage}`);
    }
    for (const key of ['node', 'pod'] as const) {
      const other = target[key];
      if (other === undefined) continue;
      if (hosts.targets[other]?.kind !== key)
        refuse(['targets', name, key], `no target of kind ${key} is named ${other}`);
    }
  }
  for (const [index, path] of (hosts.paths ?? []).entries()) {
    if (!(path.from in hosts.vantages)) refuse(['paths', String(index), 'from'], `no vantage is named ${path.from}`);
    if (!(path.to in hosts.targets)) refuse(['paths', String(index), 'to'], `no target is named ${path.to}`);
  }
}

/** The line of the deepest key of `keys` that the document has. */
function lineOf(document: ReturnType<typeof parseDocument>, keys: readonly PropertyKey[], lines: LineCounter): number {
  for (let depth = keys.length; depth > 0; depth -= 1) {
    const parent = document.getIn(keys.slice(0, depth - 1), true);
    const last = String(keys[depth - 1]);
    if (!isMap(parent)) continue;
    const pair = parent.items.find((item) => String(item.key) === last);
    const range = (pair?.key as { range?: [number, number, number] } | undefined)?.range;
    if (range) return lines.linePos(range[0]).line;
  }
  return 1;
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').replace(/:$/, '');
}
