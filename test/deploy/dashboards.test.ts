import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { DASHBOARDS } from '../../src/deploy/watch/dashboards.js';
import { RECORDING_RULES } from '../../src/deploy/watch/expressions.js';
import { METRICS, metricName } from '../../src/model/fleet/metrics-table.js';
import { nodeName, simulateFleet } from '../survey/sim/fleet-model.js';
import { drawFleet } from '../survey/sim/fleet-trial.js';
import { writeOpenMetrics } from '../survey/sim/openmetrics.js';
import { NO_PROMETHEUS, type RunningStore, startPrometheus } from '../survey/stores.js';

/** Metrics that the simulated fleet has no series of. */
const OTHERS = [
  ['kernel_wait_seconds_total', 'class="irq-off"'],
  ['node_steal_seconds_total', ''],
  ['node_softnet_squeezed_total', ''],
  ['node_softnet_dropped_total', ''],
  ['node_memory_stat_read_seconds', ''],
  ['agent_cpu_seconds_total', 'process="agent"'],
  ['agent_throttled_seconds_total', ''],
] as const satisfies readonly (readonly [keyof typeof METRICS, string])[];

const fleet = simulateFleet({ ...drawFleet('host', 3, 30), churn: 0 });
const [fault] = fleet.model.faults;
const bad = fault !== undefined && 'node' in fault ? fault.node : 0;
const folder = mkdtempSync(join(tmpdir(), 'rxray-dashboards-'));
let store: RunningStore | undefined;
let endS = 0;

before(async () => {
  if (NO_PROMETHEUS !== false) return;
  const file = join(folder, 'fleet.om');
  endS = Math.floor(Date.now() / 1000);
  await writeOpenMetrics(fleet, file, endS);
  writeFileSync(file, readFileSync(file, 'utf8').replace('# EOF\n', ''));
  appendFileSync(
    file,
    `${OTHERS.map(([name, labels]) => family(metricName(name), labels)).join('')}${histogram()}# EOF\n`,
  );
  store = await startPrometheus(folder, [file]);
});
after(async () => {
  await store?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const instance = `job="rxray",instance="10.0.${bad >> 8}.${bad & 255}:9469"`;

function family(name: string, labels: string): string {
  const type = METRICS[name.replace(/^rxray_/, '') as keyof typeof METRICS].type;
  const head = `# TYPE ${type === 'counter' ? name.replace(/_total$/, '') : name} ${type}\n`;
  return head + samples(`${name}{${[instance, labels].filter((part) => part !== '').join(',')}}`);
}

function histogram(): string {
  const name = metricName('rtt_seconds');
  return `# TYPE ${name} histogram\n${['0.1', '+Inf'].map((le) => samples(`${name}_bucket{${instance},kind="node",le="${le}"}`)).join('')}`;
}

function samples(series: string): string {
  return Array.from({ length: 40 }, (_, i) => `${series} ${i} ${endS - 600 + 15 * i}\n`).join('');
}

/** A query as Grafana sends it, with records in place of which their own queries stand. */
function resolved(expr: string): string {
  let text = expr
    .replaceAll('$__rate_interval', '2m')
    .replaceAll('$node', nodeName(bad))
    .replaceAll('$to', nodeName(fleet.neighbours.get(bad)?.[0] ?? 0));
  for (const { record, expr: own } of RECORDING_RULES.toReversed()) {
    // A matcher on a record is one on its result.
    text = text.replace(new RegExp(`${record}(\\{[^}]*\\})?`, 'g'), (_, matchers?: string) => matched(own, matchers));
  }
  return text;
}

function matched(own: string, matchers: string | undefined): string {
  if (matchers === undefined) return `(${own})`;
  const conditions = matchers
    .slice(1, -1)
    .split(',')
    .map((one) => /^(\w+)="([^"]*)"$/.exec(one.trim()) as unknown as [string, string, string]);
  return conditions.reduce(
    (text, [, label, value]) => `(${text} and on (${label}) label_replace(vector(1), "${label}", "${value}", "", ""))`,
    own,
  );
}

async function ask(query: string): Promise<{ status: string; error?: string; data?: { result: unknown[] } }> {
  const form = new URLSearchParams({ query, time: String(endS - 15) });
  const answer = await fetch(`${store?.url}/api/v1/query`, { method: 'POST', body: form });
  return (await answer.json()) as { status: string };
}

describe('every query of the dashboards runs on a real Prometheus, and finds something', {
  skip: NO_PROMETHEUS,
}, () => {
  for (const { title, panels, variables } of DASHBOARDS) {
    for (const panel of panels) {
      for (const [expr, legend] of panel.queries) {
        test(`${title}: ${panel.title}: ${legend}`, async () => {
          const { status, error, data } = await ask(resolved(expr));
          assert.equal(status, 'success', error);
          const isQuiet = panel.title.startsWith('Between zones') || panel.title === 'Last release';
          assert.ok((data?.result.length ?? 0) > 0 || isQuiet, `nothing found by ${resolved(expr)}`);
        });
      }
    }
    for (const { name, query } of variables) {
      test(`${title}: values of ${name}`, async () => {
        const [, metric, label] = /^label_values\((\w+), (\w+)\)$/.exec(query) ?? [];
        const { data } = await ask(`count by (${label}) (${metric})`);
        assert.ok((data?.result.length ?? 0) > 1);
      });
    }
  }
});
