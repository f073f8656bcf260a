// What agents cost, and whether that stays flat: `npm run bench:soak [-- --minutes N] [--nodes N] [--quota MILLICORES]`,
// two minutes and eleven nodes by default, so that each probes ten others 250 times a second. One of them is scraped as a
// Prometheus would, and has the quota, if any: less than it needs, it falls behind, and its memory must not grow by it.
// Needs root for the namespaces.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { MOST_SERIES } from '../../src/model/fleet/metrics-table.js';
import { AgentLab, type LabAgent } from '../e2e/agent-lab.js';
import { QuotaGroup } from '../e2e/control-groups.js';

const MOST_RESIDENT_MIB = 96;
const MOST_MILLICORES = 80;
/** From the first quarter to the last. Of CPU time more, as what else runs on the machine slows each cycle of it. */
const MOST_GROWTH = { resident: 1.1, millicores: 1.25, series: 1.1 } as const;
const EVERY_MS = 10_000;
const TICKS_PER_SECOND = 100;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    nodes: { type: 'string', default: '11' },
    quota: { type: 'string', default: '0' },
  },
});
const minutes = Number(values.minutes);
const nodes = Number(values.nodes);
const quota = Number(values.quota);

interface Reading {
  readonly atMs: number;
  readonly cpuSeconds: number;
  readonly residentMib: number;
  readonly series: number;
}

/** All processes of an agent. */
async function read(lab: AgentLab, agent: LabAgent): Promise<Reading> {
  const exposition = await lab.get(agent, '/metrics');
  const series = exposition.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
  let [ticks, kib] = [0, 0];
  for (const { pid } of lab.processes(agent)) {
    const [, , , , , , , , , , , , , user = '0', system = '0'] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/\(.*\)/, 'name')
      .split(' ');
    ticks += Number(user) + Number(system);
    kib += Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  }
  return { atMs: performance.now(), cpuSeconds: ticks / TICKS_PER_SECOND, residentMib: kib / 1024, series };
}

/** Mean of the last quarter by that of the first. */
function growth(values: readonly number[]): number {
  const quarter = Math.ceil(values.length / 4);
  const sum = (part: readonly number[]): number => part.reduce((all, value) => all + value, 0);
  return sum(values.slice(-quarter)) / Math.max(1, sum(values.slice(0, quarter)));
}

function millicoresBetween(earlier: Reading, later: Reading): number {
  return ((later.cpuSeconds - earlier.cpuSeconds) / (later.atMs - earlier.atMs)) * 1e6;
}

const lab = new AgentLab('rxsk', nodes);
const failures: string[] = [];
const expect = (isSo: boolean, words: string): void => {
  process.stdout.write(`${isSo ? 'ok  ' : 'FAIL'} ${words}\n`);
  if (!isSo) failures.push(words);
};

function judge(readings: readonly Reading[]): void {
  const [first, last] = [readings[0], readings.at(-1)] as [Reading, Reading];
  const millicores = readings.slice(1).map((later, i) => millicoresBetween(readings[i] as Reading, later));
  const whole = millicoresBetween(first, last);
  const resident = readings.map(({ residentMib }) => residentMib);
  // An agent that is kept from the CPU may not answer in the time that a scrape has.
  const series = readings.flatMap((reading) => (reading.series === 0 ? [] : [reading.series]));
  const unanswered = readings.length - series.length;
  expect(
    unanswered <= (quota === 0 ? 0 : readings.length / 2),
    `${unanswered} of ${readings.length} scrapes unanswered`,
  );
  const most = { resident: Math.max(...resident), series: Math.max(...series) };
  expect(
    most.resident <= MOST_RESIDENT_MIB,
    `${most.resident.toFixed(1)} MiB resident, all processes (at most ${MOST_RESIDENT_MIB})`,
  );
  if (quota === 0)
    expect(whole <= MOST_MILLICORES, `${whole.toFixed(1)} millicores, all processes (at most ${MOST_MILLICORES})`);
  expect(most.series <= MOST_SERIES, `${most.series} series (at most ${MOST_SERIES})`);
  for (const [what, values] of Object.entries({ resident, ...(quota === 0 ? { millicores } : {}), series })) {
    const allowed = MOST_GROWTH[what as keyof typeof MOST_GROWTH];
    const grown = growth(values);
    expect(grown <= allowed, `${what}: the last quarter by the first ${grown.toFixed(3)} (at most ${allowed})`);
  }
}

let group: QuotaGroup | undefined;
try {
  lab.up();
  await lab.startAll();
  await sleep(15_000);
  const [agent] = lab.agents as [LabAgent];
  if (quota > 0) {
    const pids = lab.processes(agent).map(({ pid }) => pid);
    group = new QuotaGroup(`rxray-soak-${process.pid}`, quota, pids);
  }
  const readings = [await read(lab, agent)];
  const end = performance.now() + minutes * 60_000;
  while (performance.now() < end) {
    await sleep(Math.min(EVERY_MS, minutes * 6_000));
    readings.push(await read(lab, agent));
    if (readings.length % 30 === 0) process.stderr.write(`${JSON.stringify(readings.at(-1))}\n`);
  }
  const probes = [...(await lab.metric(agent, 'path_probes_total')).values()].reduce((sum, value) => sum + value, 0);
  const seconds = Date.now() / 1000 - ((await lab.metric(agent, 'agent_start_timestamp_seconds')).get('') ?? 0);
  const cpu = await lab.metric(agent, 'agent_cpu_seconds_total');
  process.stdout.write(`${nodes} nodes, ${minutes} min; about ${Math.round(probes / seconds)} probes/s\n`);
  for (const [labels, value] of cpu)
    if (value > 0)
      process.stdout.write(`     ${labels}: ${((value / seconds) * 1000).toFixed(1)} millicores, the start included\n`);
  judge(readings);
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
  group?.end();
  await lab.down();
}
process.exitCode = failures.length === 0 ? 0 : 1;
