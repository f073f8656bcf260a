import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/**
 * A bounded load of one TCP connection, run as a program on either side:
 * `traffic.js sink ADDRESS PORT SECONDS`, `traffic.js source ADDRESS PORT SECONDS BYTES_PER_SECOND`.
 */
export const TRAFFIC_PROGRAM = fileURLToPath(import.meta.url);

const PACE_MS = 2;
/** A pause of the machine is not made up for by a flood. */
const MOST_AT_ONCE_MS = 20;

function sink(address: string, port: number): void {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.resume();
  });
  server.listen(port, address, () => console.log('listening'));
}

async function source(address: string, port: number, bytesPerSecond: number): Promise<void> {
  const socket: Socket = connect(port, address);
  socket.on('error', (error) => {
    console.error(error.message);
    process.exit(1);
  });
  const block = Buffer.alloc(Math.ceil((bytesPerSecond / 1_000) * MOST_AT_ONCE_MS));
  let last = performance.now();
  for (;;) {
    await sleep(PACE_MS);
    const now = performance.now();
    const bytes = Math.min(block.length, Math.round(((now - last) / 1_000) * bytesPerSecond));
    last = now;
    // What the connection does not take is not owed: the load is bounded in memory too.
    if (socket.writableLength < block.length) socket.write(block.subarray(0, bytes));
  }
}

if (process.argv[1] === TRAFFIC_PROGRAM) {
  const [role, address = '', port = '0', seconds = '0', bytesPerSecond = '0'] = process.argv.slice(2);
  setTimeout(() => process.exit(0), Number(seconds) * 1_000);
  if (role === 'sink') sink(address, Number(port));
  else void source(address, Number(port), Number(bytesPerSecond));
}
