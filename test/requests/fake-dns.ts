import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, isIPv6, type Server } from 'node:net';
import type { TestContext } from 'node:test';

/** One question as it came. */
export interface Question {
  readonly name: string;
  readonly type: 'A' | 'AAAA';
  readonly from: number;
  readonly via: 'udp' | 'tcp';
}

/** What becomes of a question: its response code, whether there are records, or only that they do not fit; null is silence. */
export type Answering = (question: Question) => {
  readonly code?: number;
  readonly records?: boolean;
  readonly truncated?: boolean;
  readonly afterMs?: number;
} | null;

/**
 * A DNS server on loopback, over UDP and TCP on one port, that ends with the test.
 * @param wanted port; any that is free without it
 * @returns its port
 */
export async function serveNames(
  t: TestContext,
  answering: Answering,
  { address = '127.0.0.1', wanted = 0 } = {},
): Promise<number> {
  const { udp, tcp, port } = await boundToOnePort(address, wanted);
  udp.on('message', (message, from) => {
    respond(message, from.port, 'udp', answering, (answer) => udp.send(answer, from.port, from.address));
  });
  tcp.on('connection', (socket) => {
    socket.on('error', () => {});
    let rest = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
        const length = rest.readUInt16BE(0);
        respond(rest.subarray(2, 2 + length), socket.remotePort ?? 0, 'tcp', answering, (answer) => {
          const head = Buffer.alloc(2);
          head.writeUInt16BE(answer.length);
          socket.write(Buffer.concat([head, answer]));
        });
        rest = rest.subarray(2 + length);
      }
    });
  });
  t.after(() => {
    udp.close();
    tcp.close();
  });
  return port;
}

/** A port that is free for UDP may be taken for TCP: others are tried. */
async function boundToOnePort(address: string, wanted: number): Promise<{ udp: Socket; tcp: Server; port: number }> {
  for (;;) {
    const udp = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    await once(udp.bind(wanted, address), 'listening');
    const { port } = udp.address();
    const tcp = createServer();
    try {
      await once(tcp.listen(port, address), 'listening');
      return { udp, tcp, port };
    } catch (error) {
      udp.close();
      if (wanted > 0 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}

function respond(
  message: Buffer,
  from: number,
  via: 'udp' | 'tcp',
  answering: Answering,
  send: (answer: Buffer) => void,
): void {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const isV6 = message.readUInt16BE(at + 1) === 28;
  const answer = answering({ name: labels.join('.'), type: isV6 ? 'AAAA' : 'A', from, via });
  if (answer === null) return;
  const { code = 0, truncated = false, records = code === 0 && !truncated, afterMs = 0 } = answer;
  const head = Buffer.from(message.subarray(0, at + 5));
  head.writeUInt16BE(0x8180 | (truncated ? 0x0200 : 0) | code, 2);
  head.writeUInt16BE(records ? 1 : 0, 6);
  const address = isV6 ? Buffer.alloc(16, 1) : Buffer.from([127, 0, 0, 1]);
  const record = Buffer.from([0xc0, 12, 0, isV6 ? 28 : 1, 0, 1, 0, 0, 0, 60, 0, address.length]);
  setTimeout(() => send(Buffer.concat(records ? [head, record, address] : [head])), afterMs);
}
