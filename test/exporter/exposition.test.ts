import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { type AgentView, agentSeries } from '../../src/exporter/agent-series.js';
import { Exposition } from '../../src/exporter/exposition.js';
import { METRICS, MOST_SERIES, metricName } from '../../src/model/fleet/metrics-table.js';
import { fullView } from './agent-view.js';

async function textOf(
  members: number,
  exposition = new Exposition(),
  changes: Partial<AgentView> = {},
): Promise<string> {
  for (const kind of ['node', 'pod', 'nodeport'] as const) exposition.observeRtt(kind, 0.1);
  return exposition.text(agentSeries(fullView(members, changes)));
}

const seriesIn = (text: string): string[] => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

for (const members of [2, 50, 5000]) {
  test(`an agent among ${members} members has at most 400 series, and counts them right`, async () => {
    const text = await textOf(members);
    const all = seriesIn(text);
    assert.ok(all.length <= MOST_SERIES, `${all.length}`);
    assert.ok(all.includes(`rxray_agent_series ${all.length}`));
    assert.equal(new Set(all.map((line) => line.slice(0, line.lastIndexOf(' ')))).size, all.length);
  });
}

const noPromtool = spawnSync('promtool', ['--version']).error !== undefined;
test('promtool finds nothing wrong with it', {
  skip: noPromtool ? 'promtool is not installed (package prometheus)' : false,
}, async () => {
  const { status, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: await textOf(50) });
  assert.equal(String(stderr), '');
  assert.equal(status, 0);
});

test('each metric says what the table says of it; those of the trace tier are not there without it', async () => {
  const traced = await textOf(50);
  const untraced = await textOf(50, new Exposition(), { kernel: undefined });
  for (const [name, { type, help, tier }] of Object.entries(METRICS)) {
    const full = metricName(name as keyof typeof METRICS);
    const head = `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n`;
    assert.ok(traced.includes(head), name);
    assert.equal(untraced.includes(head), tier !== 'trace', name);
  }
});

test('an answer of exactly 100 ms is not above the bound of 100 ms', async () => {
  const text = await textOf(2);
  assert.match(text, /^rxray_rtt_seconds_bucket\{le="0\.05",kind="pod"\} 0$/m);
  assert.match(text, /^rxray_rtt_seconds_bucket\{le="0\.1",kind="pod"\} 1$/m);
});

test('series of a member that is gone are gone with the next scrape, and counters go on', async () => {
  const exposition = new Exposition();
  const before = await textOf(11, exposition);
  assert.match(before, /to="node-11"/);
  const after = await textOf(10, exposition);
  assert.doesNotMatch(after, /node-11"/);
  assert.match(after, /^rxray_path_probes_total\{to="node-2",kind="node",protocol="icmp"\} 1000$/m);
});

test('what the agent does not know is not said', async () => {
  const exposition = new Exposition();
  const text = await exposition.text(agentSeries(fullView(3, { inbound: undefined, nodeFigures: {} })));
  assert.doesNotMatch(text, /^rxray_(inbound|node)_/m);
});

test('names that would break a line are quoted', async () => {
  const view = fullView(2, { node: 'a"b\\c\nd' });
  const text = await new Exposition().text(agentSeries(view));
  assert.match(text, /node="a\\"b\\\\c\\nd"/);
});
