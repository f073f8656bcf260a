import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';

/** A block of ports. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** For which kinds of probes ports are held. */
export interface Transports {
  readonly tcp: readonly (4 | 6)[];
  readonly udp: readonly (4 | 6)[];
}

/** Where nothing says otherwise (Linux, net.ipv4.ip_local_port_range). */
const EPHEMERAL: PortRange = { first: 32_768, last: 60_999 };
/** In order of preference; NodePorts (30000 to 32767) are nobody's to take. */
const WISHES: readonly [PortRange, PortRange, PortRange] = [
  { first: 10_000, last: 29_999 },
  { first: 61_000, last: 65_535 },
  { first: 33_000, last: 60_999 },
];
const LOW_WISH = 20_000;
const TWO_WISHES = 24_536;

/**
 * Keeps source ports from everybody else.
 *
 * Node.js cannot bind a TCP port without listening on it. So TCP ports are held by a listener on the loopback address
 * alone: no other machine can reach it, nobody else can bind the port to all addresses, and as no socket has the port
 * on the address that probes leave from, the kernel answers their SYN-ACKs with RST.
 */
export class PortHold {
  readonly #held: (Server | UdpSocket)[] = [];

  /** @param within only these ports may be taken */
  constructor(
    private readonly transports: Transports,
    private readonly within?: readonly [number, number],
  ) {}

  /** Holds `length` ports in a row, none of them in `avoid`; `undefined` when there are none. */
  async hold(length: number, random: number, avoid?: PortRange): Promise<PortRange | undefined> {
    const { within } = this;
    for (const span of within ? [{ first: within[0], last: within[1] }] : candidates(random)) {
      const room = span.last + 1 - span.first - length;
      if (room < 0) continue;
      // Beginning anywhere keeps two probers, and two runs of one, off each other's ports.
      const found =
        (await this.#seek(
          { first: span.first + Math.floor(((random * 7) % 1) * room), last: span.last },
          length,
          avoid,
        )) ?? (await this.#seek(span, length, avoid));
      if (found) return found;
    }
    return undefined;
  }

  /** Finds `length` ports in a row that nobody has, without keeping them. */
  async look(length: number, random: number): Promise<PortRange | undefined> {
    const found = await this.hold(length, random);
    this.release();
    return found;
  }

  release(): void {
    for (const socket of this.#held.splice(0)) socket.close();
  }

  async #seek(span: PortRange, length: number, avoid?: PortRange): Promise<PortRange | undefined> {
    let first = span.first;
    let got = 0;
    while (first + length - 1 <= span.last) {
      if (avoid && got === 0 && first <= avoid.last && first + length - 1 >= avoid.first) {
        first = avoid.last + 1;
        continue;
      }
      if (got === length) return { first, last: first + length - 1 };
      if (await this.#add(first + got)) {
        got += 1;
        continue;
      }
      // That port is somebody's: begin again behind it.
      this.release();
      first += got + 1;
      got = 0;
    }
    this.release();
    return undefined;
  }

  async #add(port: number): Promise<boolean> {
    try {
      for (const version of this.transports.tcp) this.#held.push(await listen(version, port));
      for (const version of this.transports.udp) this.#held.push(await bind(version, port));
      return true;
    } catch {
      return false;
    }
  }
}

async function listen(version: 4 | 6, port: number): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  server.listen({ host: version === 4 ? '127.0.0.1' : '::1', port, exclusive: true, backlog: 1 });
  await once(server, 'listening');
  return server;
}

async function bind(version: 4 | 6, port: number): Promise<UdpSocket> {
  const socket = createSocket({ type: version === 4 ? 'udp4' : 'udp6', ipv6Only: version === 6 });
  socket.bind({ port, exclusive: true });
  await once(socket, 'listening');
  return socket;
}

/** Which of the first two comes first is left to chance, by their size: other probers may leave by the same masquerade. */
function candidates(random: number): PortRange[] {
  const ephemeral = ephemeralRange();
  const [low, high, ...others] = WISHES;
  const outside = (random * TWO_WISHES < LOW_WISH ? [low, high, ...others] : [high, low, ...others]).flatMap(
    (wish): PortRange[] => {
      if (ephemeral.first > wish.last || ephemeral.last < wish.first) return [wish];
      if (ephemeral.last < wish.last) return [{ first: ephemeral.last + 1, last: wish.last }];
      return ephemeral.first > wish.first ? [{ first: wish.first, last: ephemeral.first - 1 }] : [];
    },
  );
  // Where nearly all ports are ephemeral, a held one is still not handed out to anybody else.
  return [...outside, { first: 10_000, last: 29_999 }];
}

function ephemeralRange(): PortRange {
  try {
    const [first, last] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
      .trim()
      .split(/\s+/)
      .map(Number);
    return first && last ? { first, last } : EPHEMERAL;
  } catch {
    return EPHEMERAL;
  }
}
