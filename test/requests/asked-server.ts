import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttp, type Server } from 'node:http';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

type Answer = Parameters<typeof createHttp>[1];

/** A server on loopback that ends with the test. @returns its port */
export async function serve(
  t: TestContext,
  answer: Answer,
  change: (server: Server) => void = () => {},
): Promise<number> {
  const server = createHttp(answer as NonNullable<Answer>);
  change(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Of shop.example, by itself. */
export function certificate(t: TestContext): { readonly key: Buffer; readonly cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'rxray-tls-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...['-subj', '/CN=shop.example', '-addext', 'subjectAltName=DNS:shop.example', '-keyout', key, '-out', cert],
    ],
    { stdio: 'ignore' },
  );
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

/** The same over TLS, which speaks HTTP/2 and HTTP/1.1; the certificate is its own. */
export async function serveTls(
  t: TestContext,
  answer: (path: string, alpn: string, name: string) => string | Promise<string>,
  change: (server: Http2SecureServer) => void = () => {},
): Promise<number> {
  const server = createSecureServer({ allowHTTP1: true, ...certificate(t) });
  change(server);
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  server.on('request', async (request, response) => {
    const socket = request.socket as unknown as { readonly alpnProtocol: string; readonly servername: string };
    response.end(await answer(request.url, socket.alpnProtocol, socket.servername));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
