import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { isIP } from 'node:net';
import { pipeline, type Readable } from 'node:stream';
import { CodedError } from '../../model/errors.js';
import { Authentication } from './authentication.js';
import type { WebConfig } from './web-config.js';

/** What an agent has to show. */
export interface Shown {
  metrics(): Promise<{ readonly text: string; readonly contentType: string }>;
  /** Whether it is alive: its loop runs. */
  healthy(): boolean;
  /** Whether it probes neighbours and they answer; in words why not. */
  readiness(): { readonly ready: boolean; readonly words: string };
  /** Lines of NDJSON, those since an instant (seconds since 1970) only. */
  findings(since: number): readonly object[];
  recordings(): readonly { readonly name: string; readonly bytes: number }[];
  /** undefined where there is none of that name. */
  recording(name: string): Promise<Readable | undefined>;
}

const MOST_CONNECTIONS = 32;
const JSON_LINES = 'application/x-ndjson';
const TEXT = 'text/plain; charset=utf-8';

interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly body?: string | Readable;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `127.0.0.1:9469` or `[::1]:9469`, taken apart. */
export function listenAddress(text: string): { readonly host: string; readonly port: number } {
  const [, host = '', port = ''] = /^\[?([0-9a-fA-F:.]+?)\]?:(\d+)$/.exec(text) ?? [];
  if (isIP(host) !== 0 && Number(port) <= 65_535) return { host, port: Number(port) };
  throw new CodedError('E_CONFIG', `${text}: no numeric address with a port`, 'write for example 127.0.0.1:9469', 2);
}

export function isLoopback(host: string): boolean {
  return host === '::1' || /^127\./.test(host);
}

/**
 * Serves what an agent has to show, to GET and HEAD alone. On an address that is not loopback findings and recordings are
 * for those who have proven who they are, whatever the configuration leaves open.
 */
export class AgentServer {
  readonly #server: Server;
  readonly #authentication: Authentication;

  constructor(
    private readonly shown: Shown,
    private readonly listen: { readonly host: string; readonly port: number },
    private readonly config: WebConfig,
  ) {
    this.#authentication = new Authentication(config);
    const options = {
      maxHeaderSize: 8_192,
      headersTimeout: 5_000,
      requestTimeout: 10_000,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 5_000,
    };
    const handle = (request: IncomingMessage, response: ServerResponse): void => {
      this.#handle(request, response).catch(() => response.destroy());
    };
    this.#server =
      config.tls === undefined ? createServer(options, handle) : createTlsServer({ ...options, ...config.tls }, handle);
    this.#server.maxConnections = MOST_CONNECTIONS;
    this.#server.on('clientError', (_error, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      else socket.destroy();
    });
  }

  /** @throws CodedError E_LISTEN */
  async open(): Promise<number> {
    const { host, port } = this.listen;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (cause: Error) =>
        reject(
          new CodedError(
            'E_LISTEN',
            `cannot listen on ${host} port ${port}: ${cause.message}`,
            'choose another listen.address',
          ),
        ),
      );
      this.#server.listen(port, host, resolve);
    });
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const askedMs = performance.now();
    let answer: Answer;
    try {
      answer = await this.#answer(request);
    } catch {
      // What went wrong inside is for the log of the agent, not for who asks.
      answer = { status: 500, body: 'the agent could not answer\n' };
    }
    const { status, type = TEXT, body = '', headers = {} } = answer;
    response.writeHead(status, {
      'content-type': type,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      // Who reads a clock out of the answer must know how long it was not on its way: to check a password takes long.
      'server-timing': `agent;dur=${(performance.now() - askedMs).toFixed(3)}`,
      ...this.config.headers,
      ...headers,
    });
    if (request.method === 'HEAD' || typeof body === 'string') {
      if (typeof body !== 'string') body.destroy();
      response.end(request.method === 'HEAD' ? undefined : body);
      return;
    }
    pipeline(body, response, () => {});
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return { status: 405, body: 'GET only\n', headers: { allow: 'GET, HEAD' } };
    }
    const url = parseTarget(request.url ?? '');
    if (url === undefined) return { status: 400, body: 'no such address\n' };
    if (url.pathname === '/healthz') {
      return this.shown.healthy() ? { status: 200, body: 'ok\n' } : { status: 503, body: 'its loop stands still\n' };
    }
    if (url.pathname === '/readyz') {
      const { ready, words } = this.shown.readiness();
      return { status: ready ? 200 : 503, body: `${words}\n` };
    }
    const standing = await this.#authentication.standing(request);
    if (standing === 'busy') return { status: 429, body: 'too many at once\n', headers: { 'retry-after': '1' } };
    if (standing === 'refused') {
      return {
        status: 401,
        body: 'who is there?\n',
        headers: { 'www-authenticate': 'Basic realm="rxray", charset="UTF-8"' },
      };
    }
    if (url.pathname === '/metrics') {
      const { text, contentType } = await this.shown.metrics();
      return { status: 200, type: contentType, body: text };
    }
    if (standing !== 'known' && !isLoopback(this.listen.host)) {
      return { status: 403, body: 'only for who has proven who he is: give basic_auth_users or client certificates\n' };
    }
    return this.#private(url);
  }

  async #private(url: URL): Promise<Answer> {
    if (url.pathname === '/findings') {
      const since = Number(url.searchParams.get('since') ?? 0);
      if (!Number.isFinite(since)) return { status: 400, body: 'since is seconds since 1970\n' };
      const lines = this.shown.findings(since).map((line) => `${JSON.stringify(line)}\n`);
      return { status: 200, type: JSON_LINES, body: lines.join('') };
    }
    if (url.pathname === '/recordings/') {
      const lines = this.shown.recordings().map((line) => `${JSON.stringify(line)}\n`);
      return { status: 200, type: JSON_LINES, body: lines.join('') };
    }
    const [, name] = /^\/recordings\/([A-Za-z0-9][A-Za-z0-9._-]{0,127})$/.exec(url.pathname) ?? [];
    const body = name === undefined ? undefined : await this.shown.recording(name);
    if (body !== undefined) return { status: 200, type: 'application/octet-stream', body };
    return { status: 404, body: 'there are /metrics, /healthz, /readyz, /findings and /recordings/\n' };
  }
}

function parseTarget(text: string): URL | undefined {
  if (!text.startsWith('/') || text.length > 2_048) return undefined;
  try {
    return new URL(text, 'http://agent');
  } catch {
    return undefined;
  }
}
