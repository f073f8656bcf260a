import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { getSystemErrorMap } from 'node:util';
import { Keys, secretFrom } from '../../codec/probe-key.js';
import { CodedError } from '../../model/errors.js';
import { Outcomes, REPLIES } from '../../model/sample.js';
import type { Clock } from '../node-prober/clock.js';
import type { Probe, ProbeEvents } from '../node-prober/means.js';

/** Where `rxray-icmp` leaves the sockets, and the reason where there is none. */
const FDS = { 4: 3, 6: 4 } as const;
const REASONS = 'RXRAY_ICMP_ERRNO';

const ECHO = REPLIES.indexOf('echo');
const ECHO_BYTES = 64;
const FILLER = 0x55;
/** ICMP has no ports; Node.js wants one, and the kernel does not look at it. */
const NO_PORT = 1;

type Version = keyof typeof FDS;

/**
 * Sends echoes through the datagram sockets for ICMP that Linux gives to groups in net.ipv4.ping_group_range, without
 * any privilege. Node.js can use such a socket but not open one, so this process was started by `rxray-icmp`. The
 * kernel fills in identifier and checksum, and passes on only the replies to its own echoes.
 */
export class IcmpEchoes {
  readonly #sockets = new Map<Version, Socket>();
  readonly #keys: Keys;

  /** @throws CodedError E_NO_ICMP_SOCKET */
  constructor(
    versions: readonly Version[],
    secret: string | undefined,
    private readonly events: ProbeEvents,
    private readonly clock: Clock,
  ) {
    this.#keys = new Keys(secretFrom(secret ?? randomBytes(16).toString('hex')));
    for (const version of versions) {
      refuseWithout(version);
      // The address is numeric: it needs no look-up, and none may come between the stamp and the system call.
      const socket = createSocket({
        type: version === 4 ? 'udp4' : 'udp6',
        lookup: (host, _, found) => found(null, host, version),
      });
      socket.on('message', (message) => this.#take(message, version));
      socket.on('error', () => this.events.stray());
      socket.bind({ fd: FDS[version] });
      this.#sockets.set(version, socket);
    }
  }

  /** The identifier of the echoes, which the kernel has chosen. */
  idOf(version: Version): number {
    return this.#sockets.get(version)?.address().port ?? 0;
  }

  send({ train, k, path, seq }: Probe, address: string, version: Version): void {
    const echo = Buffer.alloc(ECHO_BYTES, FILLER);
    echo.fill(0, 0, 8);
    echo[0] = version === 4 ? 8 : 128;
    echo.writeUInt16BE(k & 0xffff, 6);
    echo.writeUInt32BE(path, 8);
    echo.writeUInt32BE(seq, 12);
    echo.writeBigUInt64BE(this.#keys.nonce(path, seq), 16);
    this.events.sent(train, k, this.clock.nowNs());
    this.#sockets.get(version)?.send(echo, NO_PORT, address, (error) => {
      if (error) this.events.failed(train, k, Math.abs((error as NodeJS.ErrnoException).errno ?? 0));
    });
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
  }

  #take(message: Buffer, version: Version): void {
    const receivedNs = this.clock.nowNs();
    if (message.length < ECHO_BYTES || message[0] !== (version === 4 ? 0 : 129)) {
      this.events.stray();
      return;
    }
    const path = message.readUInt32BE(8);
    const seq = message.readUInt32BE(12);
    if (message.readBigUInt64BE(16) !== this.#keys.nonce(path, seq)) {
      this.events.forged();
      return;
    }
    this.events.answered(2 * path, seq, {
      outcome: Outcomes.reply,
      reply: ECHO,
      ttl: 0,
      icmpType: 0,
      icmpCode: 0,
      receivedNs,
    });
  }
}

/** Why there is no socket for echoes of that version; undefined when there is one. */
export function whyNoEchoes(version: Version): string | undefined {
  const reasons = process.env[REASONS];
  if (reasons === undefined) return 'rxray-icmp, which opens it, is missing: rxray doctor says what to add';
  const errno = Number(reasons.split(' ')[version === 4 ? 0 : 1]);
  if (errno === 0) return undefined;
  return getSystemErrorMap().get(-errno)?.[1] ?? `error ${errno}`;
}

function refuseWithout(version: Version): void {
  const why = whyNoEchoes(version);
  if (why === undefined) return;
  throw new CodedError(
    'E_NO_ICMP_SOCKET',
    `no ICMP socket without privilege (${why})`,
    "allow it to all groups: sudo sysctl net.ipv4.ping_group_range='0 2147483647'; or probe a port: -p PORT; or use --engine helper with sudo",
  );
}
