import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Place } from '../../src/lab/addresses.js';

/** What to probe: plain ping, or hping3 from one fixed source port. */
export type Probe =
  | { readonly kind: 'ping'; readonly to: string }
  | { readonly kind: 'syn'; readonly to: string; readonly port: number; readonly sourcePort: number };

export interface Seen {
  readonly sent: number;
  /** Of the answered probes, in ms, in the order of sending. */
  readonly rttsMs: number[];
  readonly worstMs: number;
}

const PING_COUNT = 75;
const PROBING_MS = 1250;

/** Tools keep no grid of their own: one that waits for a CPU while packets are held has sent none of them. */
const AT_ONCE = ['chrt', '-f', '50', 'taskset', '-c', '0'];

const inPlace = (lab: string, place: Place, argv: readonly string[]): ChildProcess => {
  const [program = '', ...words] = [...AT_ONCE, 'ip', 'netns', 'exec', `${lab}-${place}`, ...argv];
  return spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
};

/**
 * Probes for a good second, and tells what a capture at the vantage saw: tools and a judge that know nothing of the
 * lab. `during` runs once packets flow.
 */
export async function probe(
  lab: string,
  from: Place,
  probes: readonly Probe[],
  during: () => Promise<unknown> = async () => {},
): Promise<Seen[]> {
  const lines = await captured(lab, from, 'eth0', 'icmp or tcp or ip proto 4', () => send(lab, from, probes, during));
  return probes.map((one) => seen(one, lines));
}

/** What tcpdump prints about a device while something is done. */
export async function captured(
  lab: string,
  place: Place,
  device: string,
  filter: string,
  during: (soFar: () => string) => Promise<unknown>,
): Promise<string> {
  const capture = inPlace(lab, place, [
    'tcpdump',
    '-i',
    device,
    '-n',
    '-S',
    '-tt',
    '-l',
    '--immediate-mode',
    '-s',
    '128',
    filter,
  ]);
  let lines = '';
  capture.stdout?.on('data', (chunk) => {
    lines += String(chunk);
  });
  await listening(capture);
  await during(() => lines);
  const end = once(capture, 'exit');
  // Its buffer is flushed when it ends by itself.
  capture.kill('SIGINT');
  await end;
  return lines;
}

async function send(lab: string, from: Place, probes: readonly Probe[], during: () => Promise<unknown>): Promise<void> {
  const senders = probes.map((one) => inPlace(lab, from, argvOf(one)));
  for (const sender of senders) {
    sender.stdout?.resume();
    sender.stderr?.resume();
  }
  const ends = senders.map((sender) => once(sender, 'exit'));
  const deadline = setTimeout(() => {
    for (const sender of senders) {
      // hping3 counts the answers to its neighbours too, so that a count would end it too early.
      sender.kill('SIGINT');
    }
  }, PROBING_MS);
  await during();
  await Promise.all(ends);
  clearTimeout(deadline);
}

const argvOf = (one: Probe): string[] =>
  one.kind === 'ping'
    ? ['ping', '-q', '-n', '-i', '0.01', '-c', String(PING_COUNT), one.to]
    : // biome-ignore format: one command line
      ['hping3', '-q', '-n', '-S', '-k', '-s', String(one.sourcePort), '-p', String(one.port), '-i', 'u10000', one.to];

const listening = (capture: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    let told = '';
    capture.stderr?.on('data', (chunk) => {
      told += String(chunk);
      if (told.includes('listening on')) {
        resolve();
      }
    });
    capture.once('exit', () => reject(new Error(`tcpdump: ${told}`)));
  });

/** Matches requests and answers by what tcpdump prints of them. */
function seen(one: Probe, lines: string): Seen {
  const sent = new Map<string, number>();
  const rtts = new Map<string, number>();
  for (const line of lines.split('\n')) {
    const at = Number(line.slice(0, line.indexOf(' '))) * 1000;
    const key = one.kind === 'ping' ? pingKey(one.to, line) : synKey(one, line);
    if (key === undefined) {
      continue;
    }
    const start = sent.get(key.key);
    if (key.request) {
      sent.set(key.key, at);
    } else if (start !== undefined) {
      rtts.set(key.key, at - start);
    }
  }
  const rttsMs = [...sent.keys()].flatMap((key) => rtts.get(key) ?? []);
  return { sent: sent.size, rttsMs, worstMs: Math.max(...rttsMs) };
}

interface Key {
  readonly key: string;
  readonly request: boolean;
}

function pingKey(to: string, line: string): Key | undefined {
  const match = /IP (\S+) > (\S+): ICMP echo (request|reply), id (\d+), seq (\d+)/.exec(line);
  const request = match?.[3] === 'request';
  return match && (request ? match[2] : match[1]) === to ? { key: `${match[4]}/${match[5]}`, request } : undefined;
}

function synKey(one: Probe & { kind: 'syn' }, line: string): Key | undefined {
  const out = new RegExp(`\\.${one.sourcePort} > ${one.to}\\.${one.port}: Flags \\[S\\], seq (\\d+)`).exec(line);
  if (out) {
    return { key: String(out[1]), request: true };
  }
  const back = new RegExp(
    `IP ${one.to}\\.${one.port} > \\S+\\.${one.sourcePort}: Flags \\[(?:S|R)\\.\\], .*ack (\\d+)`,
  );
  const ack = back.exec(line)?.[1];
  return ack === undefined ? undefined : { key: String((Number(ack) + 0xffffffff) % 0x100000000), request: false };
}
