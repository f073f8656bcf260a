import { execFileSync } from 'node:child_process';
import { CLOSED_PORT } from '../../src/lab/addresses.js';
import { Outcomes } from '../../src/model/sample.js';
import { MS, SECOND } from '../../src/model/time.js';
import type { Exchange } from '../capture/exchange.js';
import { matchProbes } from '../capture/probe-match.js';
import { type ProberRecord, pathEvery10Ms, runProber, type SendingEngine } from './prober-run.js';
import type { ProbingTool, ReportedProbe, ToolReport } from './probing-tool.js';

/** A connect and its SYN are at most so far apart; the next one from the same port is 160 ms away. */
const SAME_PROBE_NS = 20 * MS;

export const rxrayTool = toolOf('helper');

/** The other engines of rxray, beside which the helper's precision can be seen. */
export const otherEngines: readonly ProbingTool[] = [toolOf('portable'), toolOf('connect')];

function toolOf(engine: SendingEngine): ProbingTool {
  const chosen = engine === 'helper' ? '' : ` --engine ${engine}`;
  return {
    name: engine === 'helper' ? 'rxray' : `rxray ${engine}`,
    command: (protocol) => `probe TARGET --${protocol}${protocol === 'syn' ? ' -p PORT' : ''} -i 10ms${chosen}`,
    protocols: ['icmp', 'syn'],
    start: (netns, target, protocol, seconds) => {
      if (engine === 'connect') allowEchoes(netns);
      const run = runProber(netns, [pathEvery10Ms(protocol, target, CLOSED_PORT)], seconds * SECOND, engine);
      const ended = run.ended.then((record) => toReport(record, engine === 'connect' && protocol === 'syn'));
      return { pid: run.pid, ended, stop: run.stop };
    },
  };
}

/** Lets every group of the namespace have datagram sockets for ICMP. */
function allowEchoes(netns: string): void {
  const setting = 'net.ipv4.ping_group_range=0 2147483647';
  execFileSync('ip', ['netns', 'exec', netns, 'sysctl', '-q', '-w', setting], { stdio: 'ignore' });
}

/** @param byTime its packets are the kernel's and carry no number: a port and the time tell which is which */
function toReport(record: ProberRecord, byTime: boolean): ToolReport {
  const probes: ReportedProbe[] = [];
  const dueRealNs = new Map<number, bigint>();
  const wokeLateNs: number[] = [];
  for (const columns of record.samples) {
    for (let i = 0; i < columns.length; i += 1) {
      const number = columns.seq[i] ?? 0;
      dueRealNs.set(number, record.epochRealNs + BigInt(columns.dueNs[i] ?? 0));
      wokeLateNs.push(columns.lagNs[i] ?? 0);
      const outcome = columns.outcome[i];
      if (outcome === Outcomes.reply || outcome === Outcomes.late)
        probes.push({ number, rttNs: columns.rttNs[i] ?? 0 });
    }
  }
  return {
    probes,
    dueRealNs,
    wokeLateNs,
    numbered: (exchanges) => {
      if (byTime) return numberedByTime(record, exchanges);
      const [path] = record.paths;
      const source = record.hello.paths[0] ?? { path: 0, sourcePorts: null };
      if (!path) return new Map();
      const matched = matchProbes(record.samples, path, source, exchanges);
      return new Map(matched.flatMap(({ seq, exchange }) => (exchange ? [[seq, exchange]] : [])));
    },
  };
}

function numberedByTime(record: ProberRecord, exchanges: readonly Exchange[]): Map<number, Exchange> {
  const firstPort = record.hello.paths[0]?.sourcePorts?.[0] ?? 0;
  const numbered = new Map<number, Exchange>();
  for (const columns of record.samples) {
    for (let i = 0; i < columns.length; i += 1) {
      const port = firstPort + (columns.flow[i] ?? 0);
      const sentRealNs = record.epochRealNs + BigInt(columns.sentNs[i] ?? 0);
      const exchange = exchanges.find(
        (one) => one.from === port && Math.abs(Number(one.sentRealNs - sentRealNs)) < SAME_PROBE_NS,
      );
      if (exchange) numbered.set(columns.seq[i] ?? 0, exchange);
    }
  }
  return numbered;
}
