import { HOST_ADDRESS, routerPort } from '../../src/lab/addresses.js';
import { namespaceOf } from '../../src/lab/state.js';
import { type Captured, type RunningCapture, startCapture } from '../capture/capture.js';
import { type Exchange, pairExchanges, wireRttNs } from '../capture/exchange.js';
import { startBusyLoops } from './busy-loops.js';
import { measureSteal } from './machine.js';
import { owing } from './owed.js';
import type { Setting } from './part.js';
import { peerTools } from './peer-tools.js';
import type { ProbedProtocol, ProbingTool, ToolReport } from './probing-tool.js';
import { otherEngines, rxrayTool } from './rxray-tool.js';

export const LOADS = ['idle', 'busy'] as const;
export type Load = (typeof LOADS)[number];

/** One tool's probes of some seconds, with what a capture on its interface saw of them. */
export interface Train {
  readonly tool: string;
  readonly command: string;
  readonly protocol: ProbedProtocol;
  readonly load: Load;
  readonly report: ToolReport;
  /** By the tool's number of the probe. */
  readonly exchanges: ReadonlyMap<number, Exchange>;
  /** Round-trip times without the share of the capture itself, see `wireRttNs`; by the same numbers. */
  readonly wireRtts: ReadonlyMap<number, number>;
  /** Packets that the capture lost. */
  readonly dropped: number;
  readonly stealShare: number;
}

const TOOLS: readonly ProbingTool[] = [rxrayTool, ...otherEngines, ...peerTools];
/** The busy loops run a little before and after the probes. */
const LOAD_MARGIN_S = 15;

let taken: Promise<Train[]> | undefined;

/** Probes with every tool, one after the other, idle and with every CPU busy; once a run of the bench. */
export function trains(setting: Setting): Promise<Train[]> {
  taken ??= takeAll(setting);
  return taken;
}

async function takeAll(setting: Setting): Promise<Train[]> {
  const lab = await setting.lab();
  const all: Train[] = [];
  for (const load of LOADS) {
    for (const tool of TOOLS) {
      for (const protocol of tool.protocols) {
        setting.say(`${tool.name}, ${protocol}, ${load}: ${setting.seconds} s`);
        all.push(await take(lab, tool, protocol, load, setting.seconds));
      }
    }
  }
  return all;
}

async function take(
  lab: string,
  tool: ProbingTool,
  protocol: ProbedProtocol,
  load: Load,
  seconds: number,
): Promise<Train> {
  const netns = namespaceOf(lab, 'shell');
  return capturing(
    [
      [netns, 'eth0'],
      [namespaceOf(lab, 'fabric'), routerPort('shell')],
    ],
    async (stop) => {
      const loops = load === 'busy' ? startBusyLoops(seconds + LOAD_MARGIN_S) : undefined;
      const steal = measureSteal();
      const run = tool.start(netns, HOST_ADDRESS.bad, protocol, seconds);
      const report = await owing(
        async () => {
          run.stop();
          await loops?.stop();
        },
        () => run.ended,
      );
      const stealShare = steal();
      const captured = await stop();
      const [near = new Map(), far = new Map()] = captured.map(({ packets }) =>
        report.numbered(
          pairExchanges(packets).filter((one) => one.protocol === protocol && one.target === HOST_ADDRESS.bad),
        ),
      );
      const wireRtts = new Map(
        [...near].flatMap(([number, exchange]) => {
          const rttNs = wireRttNs(exchange, far.get(number));
          return rttNs === undefined ? [] : [[number, rttNs]];
        }),
      );
      const dropped = captured.reduce((sum, one) => sum + one.dropped, 0);
      const command = tool.command(protocol);
      return { tool: tool.name, command, protocol, load, report, exchanges: near, wireRtts, dropped, stealShare };
    },
  );
}

/** Captures on several interfaces while work is done, which ends them itself to have what they saw. */
async function capturing<T>(
  interfaces: readonly (readonly [netns: string, device: string])[],
  work: (stop: () => Promise<Captured[]>) => Promise<T>,
): Promise<T> {
  const captures: RunningCapture[] = [];
  return owing(
    () => {
      for (const capture of captures) capture.abandon();
    },
    async () => {
      for (const [netns, device] of interfaces) captures.push(await startCapture(netns, device));
      return work(() => Promise.all(captures.map((capture) => capture.stop())));
    },
  );
}

export const meanSteal = (all: readonly Train[]): number =>
  all.reduce((sum, { stealShare }) => sum + stealShare, 0) / Math.max(1, all.length);
