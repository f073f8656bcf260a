import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import * as z from 'zod';
import { readYaml, schemaProblems, shown, type YamlProblem, type YamlWords } from '../../format/yaml-problems.js';
import type { Member } from '../../model/fleet/member.js';
import type { MemberListener, MemberSource } from './member-source.js';

const PORT = 'a number from 1 to 65535';
const port = z.int().min(1, PORT).max(65_535, PORT);
const address = z.string().refine((text) => isIP(text) !== 0, 'a numeric IPv4 or IPv6 address');
const place = z.union([
  address.transform((text) => ({ address: text })),
  z.strictObject({ address, port: port.optional() }),
]);
const NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/;

const memberSchema = z.strictObject({
  zone: z.string().regex(NAME, 'a name').optional(),
  node: place.optional(),
  pod: place.optional(),
  nodeport: place.optional(),
  ready: z.boolean().prefault(true),
  key: z
    .string()
    .regex(/^[A-Za-z0-9+/]{43}=$/, 'a public key: 32 bytes in base64')
    .optional(),
});
const fileSchema = z.strictObject({ members: z.record(z.string().regex(NAME, 'the name of a node'), memberSchema) });

const WORDS: YamlWords = {
  keys: ['members', 'zone', 'node', 'pod', 'nodeport', 'ready', 'key', 'address', 'port'],
  topLevel: 'the file has members',
  union: (input) => `${shown(input)} is neither a numeric address nor { address: …, port: … }`,
};

export interface CheckedMembers {
  readonly problems: readonly YamlProblem[];
  /** None where there are problems. */
  readonly members: readonly Member[];
}

/** Reads a file of members: by name of node its addresses by kind, its zone, whether it is to be probed. */
export function checkMembersText(text: string): CheckedMembers {
  const yaml = readYaml(text);
  if (yaml.problems.length > 0) return { problems: yaml.problems, members: [] };
  const parsed = fileSchema.safeParse(yaml.value ?? {}, { reportInput: true });
  if (!parsed.success) {
    const problems = schemaProblems(parsed.error, yaml, WORDS);
    return { problems: problems.sort((one, other) => one.line - other.line), members: [] };
  }
  const members = Object.entries(parsed.data.members).map(
    ([name, { zone, ready, key, ...addresses }]): Member => ({ name, zone, ready, key, addresses }),
  );
  return { problems: [], members };
}

const LOOK_EVERY_MS = 2_000;

/**
 * Members from a file that is read again whenever its text has changed. It is looked at every two seconds rather than
 * watched: what mounts a file anew (a ConfigMap, a rename) escapes a watch.
 */
export class StaticFileSource implements MemberSource {
  #timer: NodeJS.Timeout | undefined;
  #last: string | undefined;
  #trouble = '';

  constructor(private readonly file: string) {}

  start(listener: MemberListener): void {
    const look = async (): Promise<void> => {
      await this.#look(listener);
      if (this.#timer !== undefined) this.#timer = setTimeout(look, LOOK_EVERY_MS);
    };
    this.#timer = setTimeout(look, 0);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #look(listener: MemberListener): Promise<void> {
    let text: string;
    try {
      text = await readFile(this.file, 'utf8');
    } catch (cause) {
      this.#say(listener, `cannot read ${this.file}: ${(cause as Error).message}`);
      return;
    }
    if (this.#timer === undefined) return;
    const changed = text !== this.#last;
    const { problems, members } = checkMembersText(text);
    this.#last = text;
    if (problems.length > 0) {
      const [{ line, key, message }] = problems as [YamlProblem];
      this.#say(listener, `${this.file}:${line}: ${key === '' ? '' : `${key}: `}${message}`, changed);
      return;
    }
    this.#trouble = '';
    listener.members(members);
  }

  /** The same trouble is told once. */
  #say(listener: MemberListener, words: string, again = false): void {
    if (words === this.#trouble && !again) return;
    this.#trouble = words;
    listener.trouble(words);
  }
}
