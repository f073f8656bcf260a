import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLOSED_PORT } from '../../src/lab/addresses.js';
import { command, inNamespace } from '../../src/lab/command.js';
import { SECOND, US } from '../../src/model/time.js';
import { withNamespaces } from './namespace.js';
import { owing } from './owed.js';
import type { Part, PartResult, Setting } from './part.js';
import { pathEvery10Ms, runProber } from './prober-run.js';
import { readMeter } from './process-meter.js';
import { median } from './quantile.js';
import { TRAFFIC_PROGRAM } from './traffic.js';

const NEAR = 'rxray-bench-near';
const FAR = 'rxray-bench-far';
const NEAR_ADDRESS = '10.98.0.1';
const FAR_ADDRESS = '10.98.0.2';
const PORT = 5_001;
const PACKETS_PER_SECOND = 50_000;
/** Small packets make many of few bytes: 12 bytes of the segment size are the time stamp option. */
const SEGMENT = 268;
const PAYLOAD = SEGMENT - 12;
const ROUNDS = 3;
const START_MS = 1_000;
const END_MS = 500;

interface Round {
  readonly traffic: boolean;
  /** Packets a second that came in by the interface, replies included. */
  readonly receivedPerSecond: number;
  readonly nsPerProbe: number;
  readonly probes: number;
  readonly answered: number;
  /** Packets handed to the prober that answer none of its probes. */
  readonly strays: number;
  readonly kernelDrops: number;
}

/** What much TCP traffic of others on the same interface costs the prober. */
export const unrelated: Part = {
  name: 'unrelated',
  about: `ICMP and SYN every 10 ms each, with and without ${PACKETS_PER_SECOND} other TCP packets/s received`,
  run: (setting) =>
    withNamespaces([NEAR, FAR], async () => {
      join();
      const rounds: Round[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const traffic of [false, true]) {
          setting.say(`${traffic ? 'with' : 'without'} traffic, round ${round + 1} of ${ROUNDS}`);
          rounds.push(await measure(setting, traffic));
        }
      }
      return toResult(rounds);
    }),
};

function join(): void {
  command(['ip', 'link', 'add', 'eth0', 'netns', NEAR, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', FAR]);
  for (const [name, address] of [
    [NEAR, NEAR_ADDRESS],
    [FAR, FAR_ADDRESS],
  ] as const) {
    // Whole packets, each for itself, as from a wire.
    inNamespace(name, ['ethtool', '-K', 'eth0', 'tso', 'off', 'gso', 'off', 'gro', 'off']);
    command(['ip', '-n', name, 'address', 'add', `${address}/24`, 'dev', 'eth0']);
    command(['ip', '-n', name, 'link', 'set', 'eth0', 'up']);
  }
  // The receiver tells the sender how large its segments may be.
  command(['ip', '-n', NEAR, 'route', 'replace', `${FAR_ADDRESS}/32`, 'dev', 'eth0', 'advmss', String(SEGMENT)]);
}

async function measure(setting: Setting, traffic: boolean): Promise<Round> {
  const seconds = Math.max(4, Math.round(setting.seconds / 4));
  const load = traffic ? await startTraffic(seconds + 6) : [];
  const paths = [pathEvery10Ms('icmp', FAR_ADDRESS, CLOSED_PORT), pathEvery10Ms('syn', FAR_ADDRESS, CLOSED_PORT)];
  const run = runProber(NEAR, paths, seconds * SECOND);
  return owing(
    () => {
      run.stop();
      for (const child of load) child.kill('SIGTERM');
    },
    async () => {
      await sleep(START_MS);
      const before = readMeter(run.pid, 'eth0');
      const began = performance.now();
      await sleep(seconds * 1_000 - START_MS - END_MS);
      const after = readMeter(run.pid, 'eth0');
      const measuredS = (performance.now() - began) / 1_000;
      const { counters } = await run.ended;
      if (!counters) throw new Error('the prober sent no counters');
      // The acknowledgements of the traffic leave by the same interface, so probes are counted by time.
      const probes = (paths.length * measuredS * SECOND) / (paths[0]?.intervalNs ?? SECOND);
      return {
        traffic,
        receivedPerSecond: (after.packetsReceived - before.packetsReceived) / measuredS,
        nsPerProbe: (after.processorNs - before.processorNs) / probes,
        probes: counters.sent,
        answered: counters.received,
        strays: counters.strays + counters.forged + counters.duplicates,
        kernelDrops: counters.kernelDrops,
      };
    },
  );
}

async function startTraffic(seconds: number): Promise<ChildProcess[]> {
  const program = (netns: string, ...args: string[]): ChildProcess =>
    spawn('ip', ['netns', 'exec', netns, process.execPath, TRAFFIC_PROGRAM, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  const sink = program(NEAR, 'sink', NEAR_ADDRESS, String(PORT), String(seconds));
  // Says "listening" once it does.
  if (sink.stdout) await once(sink.stdout, 'data');
  const bytes = String(PACKETS_PER_SECOND * PAYLOAD);
  return [sink, program(FAR, 'source', NEAR_ADDRESS, String(PORT), String(seconds), bytes)];
}

function toResult(rounds: readonly Round[]): PartResult {
  const of = (traffic: boolean, value: (round: Round) => number): number =>
    median(rounds.filter((round) => round.traffic === traffic).map(value));
  const sum = (traffic: boolean, value: (round: Round) => number): number =>
    rounds.filter((round) => round.traffic === traffic).reduce((total, round) => total + value(round), 0);
  const strays = sum(true, (round) => round.strays);
  return {
    tables: [
      {
        title: `median of ${ROUNDS} rounds, packets of all rounds`,
        columns: [
          { title: 'other traffic' },
          ...['packets/s received', 'µs/probe', 'probes', 'answered', 'others in user space', 'kernel drops'].map(
            (title) => ({ title, align: 'right' }) as const,
          ),
        ],
        rows: [false, true].map((traffic) => [
          traffic ? 'with' : 'without',
          of(traffic, (round) => round.receivedPerSecond).toFixed(0),
          (of(traffic, (round) => round.nsPerProbe) / US).toFixed(1),
          ...[
            sum(traffic, (round) => round.probes),
            sum(traffic, (round) => round.answered),
            sum(traffic, (round) => round.strays),
            sum(traffic, (round) => round.kernelDrops),
          ].map(String),
        ]),
      },
    ],
    targets: [{ asked: 'no packet of others in user space', measured: String(strays), met: strays === 0 }],
    data: rounds,
    notes: [
      'What the kernel does with an arriving packet it often does in the time of whatever process runs, the prober too.',
    ],
  };
}
