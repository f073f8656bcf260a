import { CLOSED_PORT } from '../../src/lab/addresses.js';
import { Outcomes } from '../../src/model/sample.js';
import { SECOND } from '../../src/model/time.js';
import { matchProbes } from '../capture/probe-match.js';
import { type ProberRecord, pathEvery10Ms, runProber } from './prober-run.js';
import type { ProbingTool, ReportedProbe, ToolReport } from './probing-tool.js';

export const rxrayTool: ProbingTool = {
  name: 'rxray',
  command: (protocol) => `probe TARGET --${protocol}${protocol === 'syn' ? ' -p PORT' : ''} -i 10ms`,
  protocols: ['icmp', 'syn'],
  start: (netns, target, protocol, seconds) => {
    const run = runProber(netns, [pathEvery10Ms(protocol, target, CLOSED_PORT)], seconds * SECOND);
    return { pid: run.pid, ended: run.ended.then(toReport), stop: run.stop };
  },
};

function toReport(record: ProberRecord): ToolReport {
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
      const [path] = record.paths;
      const source = record.hello.paths[0] ?? { path: 0, sourcePorts: null };
      if (!path) return new Map();
      const matched = matchProbes(record.samples, path, source, exchanges);
      return new Map(matched.flatMap(({ seq, exchange }) => (exchange ? [[seq, exchange]] : [])));
    },
  };
}
