import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { CLOSED_PORT } from '../../src/lab/addresses.js';
import { MS } from '../../src/model/time.js';
import type { Exchange } from '../capture/exchange.js';
import type { ProbedProtocol, ProbingTool, ReportedProbe } from './probing-tool.js';

/** hping3 counts its source ports up from here, which tells the probes of a SYN train apart. */
const BASE_PORT = 20_000;

interface Peer {
  readonly name: string;
  readonly protocols: readonly ProbedProtocol[];
  argv(protocol: ProbedProtocol, target: string, seconds: number): string[];
  /** Matches a line about a reply: the number of the probe, then milliseconds. */
  readonly line: RegExp;
  /** The number printed for the first probe. */
  readonly first: number;
  numberOf(exchange: Exchange, first: Exchange): number;
}

const probesIn = (seconds: number): string => String(seconds * 100);

const PEERS: readonly Peer[] = [
  {
    name: 'hping3',
    protocols: ['icmp', 'syn'],
    // biome-ignore format: one command line a protocol
    argv: (protocol, target, seconds) => protocol === 'icmp'
      ? ['hping3', '-n', '--icmp', '-i', 'u10000', '-c', probesIn(seconds), target]
      : ['hping3', '-n', '-S', '-s', String(BASE_PORT), '-p', String(CLOSED_PORT), '-i', 'u10000', '-c', probesIn(seconds),
        target],
    line: /seq=(\d+) .*rtt=([\d.]+) ms/,
    first: 0,
    // It sends the sequence number in the byte order of the machine, here the smaller byte first.
    numberOf: ({ protocol, from, seq }) => (protocol === 'icmp' ? ((seq & 0xff) << 8) | (seq >> 8) : from - BASE_PORT),
  },
  {
    name: 'fping',
    protocols: ['icmp'],
    // Without -t it would drop what comes later than the period.
    // biome-ignore format: one command line
    argv: (_, target, seconds) => ['fping', '-c', probesIn(seconds), '-p', '10', '-t', '1000', '-i', '1', target],
    line: /\[(\d+)\], \d+ bytes, ([\d.]+) ms/,
    first: 0,
    numberOf: ({ seq }, first) => seq - first.seq,
  },
  {
    name: 'ping',
    protocols: ['icmp'],
    argv: (_, target, seconds) => ['ping', '-n', '-i', '0.01', '-w', String(seconds), target],
    line: /icmp_seq=(\d+) .*time=([\d.]+) ms/,
    first: 1,
    numberOf: ({ seq }) => seq - 1,
  },
];

/** The tools that rxray is compared with. */
export const peerTools: readonly ProbingTool[] = PEERS.map((peer) => ({
  name: peer.name,
  protocols: peer.protocols,
  command: (protocol) => peer.argv(protocol, 'TARGET', 20).join(' '),
  start: (netns, target, protocol, seconds) => {
    const child = spawn('ip', ['netns', 'exec', netns, ...peer.argv(protocol, target, seconds)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let complaint = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    const ended = once(child, 'close').then(() => {
      const probes = out.split('\n').flatMap((line) => parse(peer, line) ?? []);
      if (probes.length === 0) throw new Error(`${peer.name} reported nothing: ${complaint.trim() || out.trim()}`);
      return { probes, numbered: (exchanges: readonly Exchange[]) => numbered(peer, exchanges) };
    });
    ended.catch(() => {});
    return { pid: child.pid ?? 0, ended, stop: () => void child.kill('SIGINT') };
  },
}));

function parse(peer: Peer, line: string): ReportedProbe | undefined {
  const [, number, ms] = peer.line.exec(line) ?? [];
  if (number === undefined || ms === undefined || line.startsWith('DUP!')) return undefined;
  return { number: Number(number) - peer.first, rttNs: Math.round(Number(ms) * MS) };
}

function numbered(peer: Peer, exchanges: readonly Exchange[]): Map<number, Exchange> {
  const [first] = exchanges;
  return new Map(first ? exchanges.map((exchange) => [peer.numberOf(exchange, first), exchange]) : []);
}
