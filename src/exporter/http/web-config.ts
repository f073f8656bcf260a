import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { TlsOptions } from 'node:tls';
import * as z from 'zod';
import { readYaml, schemaProblems, shown, type YamlWords } from '../../format/yaml-problems.js';
import { CodedError } from '../../model/errors.js';

/** The forms of crypt that bcrypt has; nothing else is a hash of a password here. */
const BCRYPT = /^\$2[aby]\$(\d{2})\$[./A-Za-z0-9]{53}$/;
/** A check of one password then takes about a second. */
const MOST_COST = 14;

const CLIENT_AUTH = [
  'NoClientCert',
  'RequestClientCert',
  'RequireAnyClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert',
] as const;
const file = z.string().min(1);

const webSchema = z.strictObject({
  tls_server_config: z
    .strictObject({
      cert_file: file,
      key_file: file,
      client_auth_type: z.enum(CLIENT_AUTH).prefault('NoClientCert'),
      client_ca_file: file.optional(),
      min_version: z.enum(['TLS12', 'TLS13']).prefault('TLS12'),
      max_version: z.enum(['TLS12', 'TLS13']).prefault('TLS13'),
      cipher_suites: z.array(z.string()).optional(),
      curve_preferences: z.array(z.string()).optional(),
      prefer_server_cipher_suites: z.boolean().optional(),
      client_allowed_sans: z.array(z.string()).optional(),
    })
    .optional(),
  http_server_config: z
    .strictObject({ http2: z.boolean().optional(), headers: z.record(z.string(), z.string()).optional() })
    .optional(),
  basic_auth_users: z
    .record(
      z.string().min(1),
      z
        .string()
        .refine(
          (text) => Number(BCRYPT.exec(text)?.[1] ?? MOST_COST + 1) <= MOST_COST,
          `a bcrypt hash of cost ${MOST_COST} at most; make one with: htpasswd -nBC 10 "" | tr -d ':\\n'`,
        ),
    )
    .prefault({}),
});

const WORDS: YamlWords = {
  keys: [
    ...['tls_server_config', 'http_server_config', 'basic_auth_users', 'cert_file', 'key_file', 'client_auth_type'],
    ...['client_ca_file', 'min_version', 'max_version', 'cipher_suites', 'headers', 'client_allowed_sans'],
  ],
  topLevel: 'the file has tls_server_config, http_server_config and basic_auth_users',
  union: (input) => `${shown(input)} is of no known form`,
};

/** How `/metrics` and the rest are served: the web configuration of Prometheus exporters. */
export interface WebConfig {
  readonly tls?: TlsOptions;
  /** A client is who its certificate says: one is required, or was given and is right. */
  readonly clientCertificates: boolean;
  /** Names of other hosts and users that a client's certificate must have one of; empty for any. */
  readonly allowedNames: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  /** bcrypt hash by user. */
  readonly users: ReadonlyMap<string, string>;
}

/** What serves loopback. */
export const PLAIN: WebConfig = { clientCertificates: false, allowedNames: [], headers: {}, users: new Map() };

/** @throws CodedError E_CONFIG with file, line and key of all that is wrong; no hash stands in it */
export async function readWebConfig(path: string): Promise<WebConfig> {
  const fail = (message: string): never => {
    throw new CodedError(
      'E_CONFIG',
      message,
      'see https://prometheus.io/docs/prometheus/latest/configuration/https/',
      2,
    );
  };
  const text = await readFile(path, 'utf8').catch((cause: Error) => fail(`cannot read ${path}: ${cause.message}`));
  const yaml = readYaml(text);
  const parsed = webSchema.safeParse(yaml.value ?? {}, { reportInput: true });
  const problems = parsed.success ? yaml.problems : [...yaml.problems, ...schemaProblems(parsed.error, yaml, WORDS)];
  if (problems.length > 0 || !parsed.success) {
    const lines = problems.map(({ line, key, message }) => {
      // A mistyped hash may well be the password itself.
      const said = key.startsWith('basic_auth_users') ? message.replace(/^".*?" is/, 'this is') : message;
      return `${path}:${line}: ${key === '' ? '' : `${key}: `}${said}`;
    });
    return fail(lines.join('\n'));
  }
  const { tls_server_config: tls, basic_auth_users: users, http_server_config: http } = parsed.data;
  const read = (name: string): Promise<Buffer> =>
    readFile(resolve(dirname(path), name)).catch((cause: Error) =>
      fail(`${path}: cannot read ${name}: ${cause.message}`),
    );
  const base = { users: new Map(Object.entries(users)), headers: http?.headers ?? {} };
  if (tls === undefined) return { ...base, clientCertificates: false, allowedNames: [] };
  const { client_auth_type: auth, client_ca_file: ca } = tls;
  const verifies = auth === 'RequireAndVerifyClientCert' || auth === 'VerifyClientCertIfGiven';
  if (verifies && ca === undefined) return fail(`${path}: client_auth_type ${auth} needs client_ca_file`);
  return {
    ...base,
    clientCertificates: verifies,
    allowedNames: tls.client_allowed_sans ?? [],
    tls: {
      cert: await read(tls.cert_file),
      key: await read(tls.key_file),
      minVersion: tls.min_version === 'TLS13' ? 'TLSv1.3' : 'TLSv1.2',
      maxVersion: tls.max_version === 'TLS12' ? 'TLSv1.2' : 'TLSv1.3',
      requestCert: auth !== 'NoClientCert',
      rejectUnauthorized: auth === 'RequireAndVerifyClientCert',
      ...(ca === undefined ? {} : { ca: await read(ca) }),
      ...(tls.cipher_suites === undefined ? {} : { ciphers: tls.cipher_suites.join(':') }),
    },
  };
}
