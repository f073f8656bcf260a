import { readFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** Where the API server is, and how this pod proves who it is. */
export interface ApiAccess {
  readonly url: string;
  /** Read before each request: tokens are renewed in place. */
  readonly tokenFile: string;
  readonly caFile: string;
}

/** The API server answered, but not with what was asked for. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** What is sent along with a request that changes something. */
export interface ApiChange {
  readonly method: 'POST' | 'PATCH';
  readonly type: string;
  readonly body: string;
}

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The API server that a pod is told of, with the token of its service account, where nothing else is said.
 *
 * @throws Error outside of a cluster
 */
export function accessOf(
  environment: NodeJS.ProcessEnv,
  said: {
    readonly api?: string | undefined;
    readonly tokenFile?: string | undefined;
    readonly caFile?: string | undefined;
  } = {},
): ApiAccess {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = environment;
  const { api, tokenFile = `${ACCOUNT}/token`, caFile = `${ACCOUNT}/ca.crt` } = said;
  if (api === undefined && host === undefined) throw new Error('no API server: KUBERNETES_SERVICE_HOST is not set');
  const named = host?.includes(':') ? `[${host}]` : host;
  return { url: api ?? `https://${named}:${port ?? '443'}`, tokenFile, caFile };
}

const CONNECT_MS = 10_000;
const MOST_ERROR_BYTES = 4_096;

/**
 * Asks the API server; resolves with the answer once its head is there.
 *
 * @param silentMs a connection on which nothing comes for so long is taken for dead
 * @throws ApiError for a status that is neither 200 nor 201
 */
export async function askApi(
  access: ApiAccess,
  path: string,
  silentMs: number,
  stop: AbortSignal,
  change?: ApiChange,
): Promise<IncomingMessage> {
  const token = (await readFile(access.tokenFile, 'utf8')).trim();
  const isTls = access.url.startsWith('https:');
  const ca = isTls ? await readFile(access.caFile) : undefined;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const send = isTls ? httpsRequest : httpRequest;
    const request = send(new URL(path, access.url), {
      ...(ca === undefined ? {} : { ca }),
      ...(change === undefined ? {} : { method: change.method }),
      headers: {
        ...{ authorization: `Bearer ${token}`, accept: 'application/json', 'user-agent': 'rxray-agent' },
        ...(change === undefined
          ? {}
          : { 'content-type': change.type, 'content-length': Buffer.byteLength(change.body) }),
      },
      agent: false,
      signal: stop,
    });
    const late = setTimeout(() => request.destroy(new Error(`no answer within ${CONNECT_MS / 1000} s`)), CONNECT_MS);
    request.on('response', (message) => {
      clearTimeout(late);
      message.socket.setTimeout(silentMs, () => message.destroy(new Error(`silent for ${silentMs / 1000} s`)));
      resolve(message);
    });
    request.on('error', (cause) => {
      clearTimeout(late);
      reject(cause);
    });
    request.end(change?.body);
  });
  if (response.statusCode === 200 || response.statusCode === 201) return response;
  let body = '';
  for await (const chunk of response) {
    body = (body + String(chunk)).slice(0, MOST_ERROR_BYTES);
    if (body.length >= MOST_ERROR_BYTES) break;
  }
  const said = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] ?? '';
  throw new ApiError(response.statusCode ?? 0, `status ${response.statusCode}${said === '' ? '' : `: ${said}`}`);
}

const MOST_BODY_BYTES = 64 << 20;

/** The whole of an answer. */
export async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += (chunk as Buffer).length;
    if (bytes > MOST_BODY_BYTES) throw new Error('an answer of more than 64 MiB');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const MOST_LINE_BYTES = 4 << 20;

/** The lines of an answer as they come. */
export async function* readLines(response: IncomingMessage): AsyncGenerator<string> {
  response.setEncoding('utf8');
  let rest = '';
  for await (const chunk of response) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MOST_LINE_BYTES) throw new Error('a line of more than 4 MiB');
    for (const line of lines) if (line.trim() !== '') yield line;
  }
}
