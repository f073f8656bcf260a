import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { compare } from 'bcryptjs';
import type { WebConfig } from './web-config.js';
import { WrongAttempts } from './wrong-attempts.js';

/** `known`: who asks is proven; `open`: nobody was to prove anything; `refused`: what was shown is wrong or missing. */
export type Standing = 'known' | 'open' | 'refused' | 'busy';

const MOST_KNOWN = 64;
/** Each check of a password takes a CPU for some 50 ms: more at once are turned away. */
const MOST_CHECKS = 2;
const MOST_CREDENTIALS = 1_024;
/** Of no password: an unknown user costs as much as a known one, so that nobody learns who is one. */
const NOBODY = '$2b$10$QFQRzpZbyRyEzm.GUOv9/e7VpNjG9Nvzr0oqvmxzsqxJYCCnmJ7m6';

/** Finds out who asks, by client certificate or password. Right passwords are remembered as keyed hashes. */
export class Authentication {
  readonly #secret = randomBytes(32);
  readonly #right = new Set<string>();
  readonly #wrong = new WrongAttempts();
  #checks = 0;

  constructor(private readonly config: WebConfig) {}

  async standing(request: IncomingMessage): Promise<Standing> {
    const { users, clientCertificates } = this.config;
    const hasCertificate = clientCertificates && this.#certified(request);
    if (users.size === 0) return hasCertificate ? 'known' : this.config.allowedNames.length > 0 ? 'refused' : 'open';
    const given = credentials(request.headers.authorization);
    if (given === undefined) return 'refused';
    const hash = users.get(given.user);
    const name = createHmac('sha256', this.#secret)
      .update(JSON.stringify([given.user, hash ?? '', given.password]))
      .digest('base64');
    if (hash !== undefined && this.#right.has(name)) return 'known';
    const from = request.socket.remoteAddress ?? '';
    if (this.#checks >= MOST_CHECKS || !this.#wrong.mayTry(from)) return 'busy';
    this.#checks += 1;
    try {
      const isRight = await compare(given.password, hash ?? NOBODY);
      if (!isRight || hash === undefined) return 'refused';
      this.#wrong.wasRight(from);
      if (this.#right.size >= MOST_KNOWN) this.#right.clear();
      this.#right.add(name);
      return 'known';
    } catch {
      return 'refused';
    } finally {
      this.#checks -= 1;
    }
  }

  #certified(request: IncomingMessage): boolean {
    const socket = request.socket as TLSSocket;
    if (socket.authorized !== true) return false;
    const { allowedNames } = this.config;
    if (allowedNames.length === 0) return true;
    const names = socket.getPeerCertificate().subjectaltname ?? '';
    return names.split(', ').some((name) => allowedNames.includes(name.replace(/^\w[\w ]*:/, '')));
  }
}

function credentials(header: string | undefined): { readonly user: string; readonly password: string } | undefined {
  const [, encoded] = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(header ?? '') ?? [];
  if (encoded === undefined || encoded.length > MOST_CREDENTIALS) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
