import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { readYaml, schemaProblems, shown, type YamlWords } from '../format/yaml-problems.js';
import { CodedError } from '../model/errors.js';

const file = z.string().min(1);

/**
 * How to speak to a store, in the form that Prometheus itself uses for its clients (`http_config`, as
 * `promtool --http.config.file` takes it), so that one file serves both.
 */
const httpConfigSchema = z.strictObject({
  basic_auth: z
    .strictObject({ username: z.string().min(1), password: z.string().optional(), password_file: file.optional() })
    .optional(),
  authorization: z
    .strictObject({
      type: z
        .string()
        .regex(/^[\w-]+$/, 'a word')
        .prefault('Bearer'),
      credentials: z.string().optional(),
      credentials_file: file.optional(),
    })
    .optional(),
  tls_config: z
    .strictObject({
      ca_file: file.optional(),
      cert_file: file.optional(),
      key_file: file.optional(),
      server_name: z.string().optional(),
      insecure_skip_verify: z.boolean().optional(),
    })
    .optional(),
  http_headers: z.record(z.string().regex(/^[\w-]+$/, 'the name of a header'), z.string()).optional(),
});

/** What each request is made with. Secrets stand here and in no message. */
export interface HttpAccess {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: {
    readonly ca?: Buffer;
    readonly cert?: Buffer;
    readonly key?: Buffer;
    readonly servername?: string;
    readonly rejectUnauthorized?: boolean;
  };
}

export const OPEN_ACCESS: HttpAccess = { headers: {}, tls: {} };

const WORDS: YamlWords = {
  keys: [
    ...['basic_auth', 'username', 'password', 'password_file', 'authorization', 'type', 'credentials'],
    ...['credentials_file', 'tls_config', 'ca_file', 'cert_file', 'key_file', 'server_name', 'insecure_skip_verify'],
    'http_headers',
  ],
  topLevel: 'the file has basic_auth, authorization, tls_config and http_headers',
  union: (input) => `${shown(input)} is of no known form`,
};

/** @throws CodedError E_HTTP_CONFIG that names file, line and key, and never a value of a secret */
export async function readHttpConfig(path: string): Promise<HttpAccess> {
  const yaml = readYaml((await readPart(path)).toString());
  const parsed = httpConfigSchema.safeParse(yaml.value ?? {}, { reportInput: true });
  if (yaml.problems.length > 0 || !parsed.success) {
    const problems = parsed.success ? yaml.problems : [...yaml.problems, ...schemaProblems(parsed.error, yaml, WORDS)];
    const lines = problems.map(
      ({ line, key, message }) => `${path}:${line}: ${key === '' ? message : `${key}: ${unsaid(key, message)}`}`,
    );
    throw new CodedError('E_HTTP_CONFIG', lines.join('\n'), 'mend it; it has the form of http_config of Prometheus', 2);
  }
  const { basic_auth: basic, authorization, tls_config: tls, http_headers: headers = {} } = parsed.data;
  if (basic !== undefined && authorization !== undefined) {
    throw new CodedError('E_HTTP_CONFIG', `${path}: basic_auth and authorization exclude each other`, 'keep one', 2);
  }
  const authorizations = [
    ...(basic === undefined
      ? []
      : [`Basic ${base64(basic.username, await secret(path, basic.password, basic.password_file))}`]),
    ...(authorization === undefined
      ? []
      : [`${authorization.type} ${await secret(path, authorization.credentials, authorization.credentials_file)}`]),
  ];
  const part = async (name: string | undefined) => (name === undefined ? undefined : readPart(name));
  const [ca, cert, key] = await Promise.all([part(tls?.ca_file), part(tls?.cert_file), part(tls?.key_file)]);
  return {
    headers: { ...headers, ...(authorizations[0] === undefined ? {} : { authorization: authorizations[0] }) },
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(tls?.server_name === undefined ? {} : { servername: tls.server_name }),
      ...(tls?.insecure_skip_verify ? { rejectUnauthorized: false } : {}),
    },
  };
}

/** What is wrong with a secret is said without it. */
function unsaid(key: string, message: string): string {
  return /(password|credentials)$|^http_headers/.test(key) ? 'is not as it must be' : message;
}

function base64(user: string, password: string): string {
  return Buffer.from(`${user}:${password}`).toString('base64');
}

async function secret(path: string, given: string | undefined, name: string | undefined): Promise<string> {
  if (given !== undefined) return given;
  if (name !== undefined) return (await readPart(name)).toString().trim();
  throw new CodedError(
    'E_HTTP_CONFIG',
    `${path}: neither a secret nor a file with it`,
    'add password_file or credentials_file',
    2,
  );
}

async function readPart(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new CodedError('E_HTTP_CONFIG', `cannot read ${path}: ${(cause as Error).message}`, 'check the path', 2);
  }
}
