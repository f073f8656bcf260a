// What agents cost, and whether that stays flat: `npm run bench:soak [-- --minutes N] [--nodes N]`, two minutes and
// eleven nodes by default, so that each probes ten others 250 times a second. Needs root for the namespaces.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { MOST_SERIES } from '../../src/model/fleet/metrics-table.js';
import { AgentLab, type LabAgent } from '../e2e/agent-lab.js';

const MOST_RESIDENT_MIB = 96;
const MOST_MILLICORES = 80;
/** From the first quarter to the last. */
const MOST_GROWTH = 1.1;
const TICKS_PER_SECOND = 100;

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '2' }, nodes: { type: 'string', default: '11' } },
});
const minutes = Number(values.minutes);
const nodes = Number(values.nodes);

interface Reading {
  readonly atMs: number;
  readonly cpuSeconds: number;
  readonly residentMib: number;
}

/** All processes of an agent. */
function read(lab: AgentLab, agent: LabAgent): Reading {
  let [ticks, kib] = [0, 0];
  for (const { pid } of lab.processes(agent)) {
    const [, , , , , , , , , , , , , user = '0', system = '0'] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/\(.*\)/, 'name')
      .split(' ');
    ticks += Number(user) + Number(system);
    kib += Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  }
  return { atMs: performance.now(), cpuSeconds: ticks / TICKS_PER_SECOND, residentMib: kib / 1024 };
}

const lab = new AgentLab('rxsk', nodes);
const failures: string[] = [];
const expect = (isSo: boolean, words: string): void => {
  process.stdout.write(`${isSo ? 'ok  ' : 'FAIL'} ${words}\n`);
  if (!isSo) failures.push(words);
};
try {
  lab.up();
  await lab.startAll();
  await sleep(15_000);
  const [agent] = lab.agents as [LabAgent];
  const readings = [read(lab, agent)];
  const end = performance.now() + minutes * 60_000;
  while (performance.now() < end) {
    await sleep(Math.min(5_000, minutes * 6_000));
    readings.push(read(lab, agent));
  }
  const [first, last] = [readings[0], readings.at(-1)] as [Reading, Reading];
  const millicores = ((last.cpuSeconds - first.cpuSeconds) / (last.atMs - first.atMs)) * 1e6;
  const resident = Math.max(...readings.map(({ residentMib }) => residentMib));
  const quarter = Math.ceil(readings.length / 4);
  const mean = (part: readonly Reading[]): number =>
    part.reduce((sum, { residentMib }) => sum + residentMib, 0) / part.length;
  const growth = mean(readings.slice(-quarter)) / mean(readings.slice(0, quarter));
  const text = await lab.get(agent, '/metrics');
  const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
  const probes = [...(await lab.metric(agent, 'path_probes_total')).values()].reduce((sum, value) => sum + value, 0);
  const seconds = Date.now() / 1000 - ((await lab.metric(agent, 'agent_start_timestamp_seconds')).get('') ?? 0);
  const cpu = await lab.metric(agent, 'agent_cpu_seconds_total');
  process.stdout.write(`${nodes} nodes, ${minutes} min; about ${Math.round(probes / seconds)} probes/s\n`);
  for (const [labels, value] of cpu)
    if (value > 0)
      process.stdout.write(`     ${labels}: ${((value / seconds) * 1000).toFixed(1)} millicores, the start included\n`);
  expect(
    resident <= MOST_RESIDENT_MIB,
    `${resident.toFixed(1)} MiB resident, all processes (at most ${MOST_RESIDENT_MIB})`,
  );
  expect(
    millicores <= MOST_MILLICORES,
    `${millicores.toFixed(1)} millicores, all processes (at most ${MOST_MILLICORES})`,
  );
  expect(series <= MOST_SERIES, `${series} series (at most ${MOST_SERIES})`);
  expect(
    growth <= MOST_GROWTH,
    `resident memory of the last quarter by that of the first: ${growth.toFixed(3)} (at most ${MOST_GROWTH})`,
  );
  for (const other of lab.agents) {
    const inbound = await lab.metric(other, 'inbound_stalls_total');
    expect((inbound.get('place="receive"') ?? 0) === 0, `${other.node}: nobody's receiving is accused by arrivals`);
  }
  for (const other of lab.agents) await lab.end(other);
  await sleep(1_000);
  expect(
    lab.agents.every((other) => lab.processes(other).length === 0),
    'nothing is left running',
  );
} finally {
  await lab.down();
}
process.exitCode = failures.length === 0 ? 0 : 1;
