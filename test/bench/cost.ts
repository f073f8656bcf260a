import { setTimeout as sleep } from 'node:timers/promises';
import { HOST_ADDRESS } from '../../src/lab/addresses.js';
import { namespaceOf } from '../../src/lab/state.js';
import { US } from '../../src/model/time.js';
import { owing } from './owed.js';
import type { Part, PartResult, Setting } from './part.js';
import { peerTools } from './peer-tools.js';
import type { ProbingTool } from './probing-tool.js';
import { readMeterOfAll } from './process-meter.js';
import { median } from './quantile.js';
import { otherEngines, rxrayTool } from './rxray-tool.js';
import { wholeTool } from './whole-tool.js';

const ROUNDS = 5;
/** By then a program in Node.js has compiled what it runs again and again. */
const START_MS = 2_000;
/** What the whole tool may take for a probe, the prober and the Node.js process that reads it. */
const MOST_NS = 70 * US;
const END_MS = 500;

interface Round {
  readonly nsPerProbe: number;
  /** Of the bench itself, which reads the tool's output and waits. */
  readonly readerNsPerProbe: number;
  readonly perSecond: number;
  readonly residentBytes: number;
}

interface Cost {
  readonly tool: string;
  readonly rounds: readonly Round[];
}

/** Processor time of the whole process a probe, start and end left out, without a capture beside it. */
export const cost: Part = {
  name: 'cost',
  about: 'processor time and memory of the whole process, ICMP every 10 ms, idle, no capture beside it',
  run: async (setting) => {
    const tools = [wholeTool, rxrayTool, ...otherEngines, ...peerTools];
    const rounds = new Map<string, Round[]>(tools.map(({ name }) => [name, []]));
    // In turn, so that a noisy minute of the machine does not fall on one of them.
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const tool of tools) {
        setting.say(`${tool.name}, round ${round + 1} of ${ROUNDS}`);
        rounds.get(tool.name)?.push(await measure(setting, tool));
      }
    }
    return toResult([...rounds].map(([tool, list]) => ({ tool, rounds: list })));
  },
};

async function measure(setting: Setting, tool: ProbingTool): Promise<Round> {
  const seconds = Math.max(6, Math.round(setting.seconds / 4));
  const netns = namespaceOf(await setting.lab(), 'shell');
  const run = tool.start(netns, HOST_ADDRESS.bad, 'icmp', seconds);
  return owing(run.stop, async () => {
    await sleep(START_MS);
    const before = readMeterOfAll(run.pid, 'eth0');
    const began = performance.now();
    const reader = process.cpuUsage();
    await sleep(seconds * 1_000 - START_MS - END_MS);
    const after = readMeterOfAll(run.pid, 'eth0');
    const tookMs = performance.now() - began;
    const { user, system } = process.cpuUsage(reader);
    await run.ended;
    const probes = after.packetsSent - before.packetsSent;
    return {
      nsPerProbe: (after.processorNs - before.processorNs) / probes,
      readerNsPerProbe: ((user + system) * US) / probes,
      perSecond: probes / (tookMs / 1_000),
      residentBytes: after.residentBytes,
    };
  });
}

const costOf = ({ rounds }: Cost): number => median(rounds.map(({ nsPerProbe }) => nsPerProbe));

/** In MiB. */
const memoryOf = ({ rounds }: Cost): number => Math.max(...rounds.map(({ residentBytes }) => residentBytes)) / 2 ** 20;

function toResult(found: readonly Cost[]): PartResult {
  const whole = found.find(({ tool }) => tool === wholeTool.name);
  const own = found.find(({ tool }) => tool === rxrayTool.name);
  const [wholeNs, ownNs] = [whole, own].map((one) => (one ? costOf(one) : Number.NaN)) as [number, number];
  const peers = found.filter(({ tool }) => tool === 'hping3' || tool === 'fping');
  const readerNs = median(own?.rounds.map(({ readerNsPerProbe }) => readerNsPerProbe) ?? []);
  return {
    tables: [
      {
        title: `median of ${ROUNDS} rounds`,
        columns: [
          { title: 'tool' },
          ...['µs/probe', 'lowest', 'highest', 'probes/s', '% of a CPU', 'resident MiB'].map(
            (title) => ({ title, align: 'right' }) as const,
          ),
        ],
        rows: found.map((one) => {
          const costs = one.rounds.map(({ nsPerProbe }) => nsPerProbe);
          const rate = median(one.rounds.map(({ perSecond }) => perSecond));
          return [
            one.tool,
            ...[costOf(one), Math.min(...costs), Math.max(...costs)].map((ns) => (ns / US).toFixed(1)),
            rate.toFixed(1),
            ((costOf(one) * rate) / 1e7).toFixed(2),
            memoryOf(one).toFixed(1),
          ];
        }),
      },
    ],
    targets: [
      {
        asked: `the whole tool in at most ${MOST_NS / US} µs a probe`,
        measured: `${(wholeNs / US).toFixed(1)} µs`,
        met: wholeNs <= MOST_NS,
      },
      ...peers.flatMap((peer) => [
        {
          asked: `processor time a probe below ${peer.tool}, the whole tool`,
          measured: `${(wholeNs / US).toFixed(1)} against ${(costOf(peer) / US).toFixed(1)} µs`,
          met: wholeNs < costOf(peer),
        },
        {
          asked: `the prober alone below ${peer.tool}`,
          measured: `${(ownNs / US).toFixed(1)} against ${(costOf(peer) / US).toFixed(1)} µs`,
          met: ownNs < costOf(peer),
        },
      ]),
    ],
    comparisons: peers.flatMap((peer) => [
      {
        what: 'processor time a probe, the whole tool',
        ours: wholeNs / US,
        peer: peer.tool,
        theirs: costOf(peer) / US,
        unit: 'µs',
      },
      {
        what: 'resident memory, the whole tool',
        ours: whole ? memoryOf(whole) : Number.NaN,
        peer: peer.tool,
        theirs: memoryOf(peer),
        unit: 'MiB',
      },
    ]),
    data: found,
    notes: [
      `${wholeTool.name} is the prober and the Node.js process together; rxray is the prober alone, and to decode its frames took ${(readerNs / US).toFixed(1)} µs a probe more.`,
      'All pay for what the lab does with their packets in their own time: the other end of the veth, the fabric’s forwarding.',
    ],
  };
}
