import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { stringify } from 'yaml';
import { ALERTS } from '../../src/deploy/watch/alerts.js';
import { packageFolder } from '../../src/installation/package-folder.js';
import { EDGE_KINDS, type EdgeKind } from '../../src/model/fleet/member.js';
import { NO_PROMETHEUS } from '../survey/stores.js';

const rules = join(packageFolder(), 'deploy/prometheus/rules.yaml');
const folder = mkdtempSync(join(tmpdir(), 'rxray-rules-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Labels by which a firing alert is known here. */
const LABELS = ['alertname', 'node', 'cause', 'to', 'zone', 'to_zone', 'reason'];
const NODES = ['n0', 'n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'];
const zoneOf = (node: string): string => (Number(node[1]) < 4 ? 'a' : 'b');
/** Scrapes of 15 s; a stall a minute grows a counter by one each four. */
const STALLS = '0 0 0 1 1 1 1 2 2 2 2 3 3 3 3 4 4 4 4 5 5 5 5 6 6 6 6 7 7 7 7 8 8 8 8 9 9 9 9 10';
const ONCE = '0x27 1x11';
const NEVER = '0x39';
const PARTED = ['n0', 'n1', 'n4'];
const FEW = ['n1', 'n4', 'n7'];

/** Alerts that are looked for in each situation. */
const WATCHED = ALERTS.map(({ alert }) => alert);

interface Watch {
  readonly stalls?: (from: string, to: string, kind: EdgeKind) => string;
  readonly inbound?: (node: string, place: string) => string;
  /** Nodes whose agent is not scraped. */
  readonly silent?: readonly string[];
  readonly throttled?: readonly string[];
  /** Further series of an agent by name, some with a label. */
  readonly own?: (node: string) => Readonly<Record<string, string>>;
  /** Whether an agent probes a node at all. */
  readonly probes?: (from: string, to: string) => boolean;
  readonly kinds?: readonly EdgeKind[];
}

function series({
  stalls,
  inbound,
  silent = [],
  throttled = [],
  own: more,
  probes = () => true,
  kinds = EDGE_KINDS,
}: Watch): { series: string; values: string }[] {
  const scraped = NODES.filter((node) => !silent.includes(node));
  const own = (node: string): string => `job="rxray", instance="${node}:9469"`;
  return scraped.flatMap((from) => [
    { series: `rxray_agent_info{${own(from)}, node="${from}", zone="${zoneOf(from)}"}`, values: '1x39' },
    { series: `rxray_agent_throttled{${own(from)}}`, values: throttled.includes(from) ? '1x39' : NEVER },
    ...['receive', 'all'].map((place) => ({
      series: `rxray_inbound_stalls_total{${own(from)}, place="${place}"}`,
      values: inbound?.(from, place) ?? NEVER,
    })),
    ...Object.entries(more?.(from) ?? {}).map(([name, values]) => {
      const [metric = '', label = ''] = name.replace('}', '').split('{');
      return { series: `${metric}{${own(from)}${label === '' ? '' : `, ${label}`}}`, values };
    }),
    ...NODES.filter((to) => to !== from && probes(from, to)).flatMap((to) =>
      kinds.map((kind) => ({
        series: `rxray_path_stalls_total{${own(from)}, to="${to}", kind="${kind}", protocol="syn"}`,
        values: stalls?.(from, to, kind) ?? NEVER,
      })),
    ),
  ]);
}

const SITUATIONS: readonly {
  readonly what: string;
  readonly watch: Watch;
  readonly bad?: readonly { readonly node: string; readonly cause: string }[];
  readonly others?: Readonly<Record<string, readonly Readonly<Record<string, string>>[]>>;
}[] = [
  { what: 'nothing is wrong', watch: {} },
  {
    what: 'all that goes to a node and comes back to it',
    watch: { stalls: (from, to) => (from === 'n2' || to === 'n2' ? STALLS : NEVER) },
    bad: [{ node: 'n2', cause: 'host' }],
  },
  {
    what: 'some of its receive queues, seen by few of its neighbours',
    watch: {
      stalls: (from, to) => (to === 'n2' && (from === 'n1' || from === 'n5') ? ONCE : NEVER),
      inbound: (node, place) => (node === 'n2' && place === 'receive' ? STALLS : NEVER),
    },
    bad: [{ node: 'n2', cause: 'rx-queue' }],
  },
  {
    what: 'its own way out',
    watch: { stalls: (from) => (from === 'n2' ? STALLS : NEVER) },
    bad: [{ node: 'n2', cause: 'sender' }],
  },
  {
    what: 'its NodePorts',
    watch: { stalls: (_, to, kind) => (to === 'n2' && kind === 'nodeport' ? STALLS : NEVER) },
    bad: [{ node: 'n2', cause: 'nat' }],
  },
  {
    what: 'its end of the overlay',
    watch: { stalls: (from, to, kind) => (kind === 'pod' && (from === 'n2' || to === 'n2') ? STALLS : NEVER) },
    bad: [{ node: 'n2', cause: 'overlay' }],
  },
  {
    what: 'its end of the overlay, of its own probes only some held, and once',
    watch: {
      stalls: (from, to, kind) =>
        kind !== 'pod' ? NEVER : to === 'n2' ? STALLS : from === 'n2' && FEW.includes(to) ? ONCE : NEVER,
    },
    bad: [{ node: 'n2', cause: 'overlay' }],
  },
  {
    what: 'its end of the overlay, behind the stamp of what comes back to it',
    watch: { stalls: (_, to, kind) => (to === 'n2' && kind === 'pod' ? STALLS : NEVER) },
    bad: [{ node: 'n2', cause: 'overlay' }],
  },
  {
    what: 'its pods, and nobody probes a NodePort',
    watch: { kinds: ['node', 'pod'], stalls: (_, to, kind) => (to === 'n2' && kind === 'pod' ? STALLS : NEVER) },
    bad: [{ node: 'n2', cause: 'pod' }],
  },
  {
    what: 'its pods, reached by the overlay and by NodePorts',
    watch: { stalls: (_, to, kind) => (to === 'n2' && kind !== 'node' ? STALLS : NEVER) },
    bad: [{ node: 'n2', cause: 'pod' }],
  },
  {
    what: 'two nodes at once',
    watch: { stalls: (from, to) => (['n2', 'n6'].includes(from) || ['n2', 'n6'].includes(to) ? STALLS : NEVER) },
    bad: [
      { node: 'n2', cause: 'host' },
      { node: 'n6', cause: 'host' },
    ],
  },
  {
    what: 'the network between three nodes and the others',
    watch: { stalls: (from, to) => (PARTED.includes(from) === PARTED.includes(to) ? NEVER : STALLS) },
  },
  {
    what: 'the network between two zones',
    watch: { stalls: (from, to) => (zoneOf(from) === zoneOf(to) ? NEVER : STALLS) },
    others: {
      RxrayZonesStall: [
        { zone: 'a', to_zone: 'b' },
        { zone: 'b', to_zone: 'a' },
      ],
    },
  },
  {
    what: 'an agent has an old list of members, one a configuration that it refused',
    watch: {
      own: (node) => ({
        rxray_agent_members_refresh_timestamp_seconds: node === 'n3' ? '-1000x39' : '0+15x39',
        rxray_agent_config_reload_success: node === 'n4' ? '0x39' : '1x39',
      }),
    },
    others: {
      RxrayMembersStale: [{ job: 'rxray', instance: 'n3:9469', node: 'n3' }],
      RxrayConfigRejected: [{ job: 'rxray', instance: 'n4:9469', node: 'n4' }],
    },
  },
  {
    what: 'probes arrive that nobody has sent',
    watch: { own: (node) => ({ 'rxray_inbound_refused_total{reason="forged"}': node === 'n3' ? '0+5x39' : NEVER }) },
    others: { RxrayForgedArrivals: [{ node: 'n3', reason: 'forged' }] },
  },
  {
    what: 'a node is probed by one agent only',
    watch: { probes: (from, to) => to !== 'n7' || from === 'n0' },
    others: { RxrayNodeUnwatched: [{ node: 'n7' }] },
  },
  {
    what: 'an agent is not ready, one was paused for much of the time',
    watch: {
      own: (node) => ({
        rxray_agent_ready: node === 'n3' ? '0x39' : '1x39',
        rxray_agent_pause_seconds_total: node === 'n4' ? '0+6x39' : NEVER,
      }),
    },
    others: {
      RxrayAgentBlind: [
        { job: 'rxray', instance: 'n3:9469', node: 'n3' },
        { job: 'rxray', instance: 'n4:9469', node: 'n4' },
      ],
    },
  },
  {
    what: 'a single stall of a whole node',
    watch: {
      stalls: (from, to) => (from === 'n2' || to === 'n2' ? ONCE : NEVER),
      inbound: (node, place) => (node === 'n2' && place === 'all' ? ONCE : NEVER),
    },
  },
  {
    what: 'the agent of a node is silent',
    watch: { silent: ['n3'] },
    others: { RxrayAgentSilent: [{ to: 'n3' }] },
  },
  {
    what: 'an agent is stopped by its quota',
    watch: { throttled: ['n3'] },
    others: { RxrayAgentThrottled: [{ job: 'rxray', instance: 'n3:9469', node: 'n3' }] },
  },
];

describe('the rules of deploy/prometheus', { skip: NO_PROMETHEUS }, () => {
  test('promtool finds nothing wrong', () => {
    execFileSync('promtool', ['check', 'rules', rules], { stdio: 'pipe' });
  });

  test('rules, dashboards and runbooks are what src/deploy/watch says', () => {
    execFileSync(process.execPath, [join(packageFolder(), 'scripts/generate-watch.mjs'), '--check']);
  });

  for (const { what, watch, bad = [], others = {} } of SITUATIONS) {
    test(what, () => {
      const at = '9m45s';
      const file = join(folder, 'test.yaml');
      writeFileSync(
        file,
        stringify({
          rule_files: [rules],
          // As the groups have it.
          evaluation_interval: '30s',
          tests: [
            {
              interval: '15s',
              input_series: series(watch),
              promql_expr_test: WATCHED.map((alertname) => ({
                expr: `count by (${LABELS.join(', ')}) (ALERTS{alertstate="firing", alertname="${alertname}"})`,
                eval_time: at,
                exp_samples: (alertname === 'RxrayNodeBad' ? bad : (others[alertname] ?? [])).map((labels) => {
                  const kept = Object.entries({ alertname, ...labels }).filter(([name]) => LABELS.includes(name));
                  return { labels: `{${kept.map(([name, value]) => `${name}="${value}"`).join(', ')}}`, value: 1 };
                }),
              })),
            },
          ],
        }),
      );
      execFileSync('promtool', ['test', 'rules', file], { stdio: 'pipe', encoding: 'utf8' });
    });
  }
});

test('a failure of promtool is a failure here', { skip: NO_PROMETHEUS }, () => {
  const file = join(folder, 'wrong.yaml');
  writeFileSync(
    file,
    stringify({
      rule_files: [rules],
      tests: [
        {
          interval: '15s',
          input_series: series({}),
          promql_expr_test: [{ expr: 'count(ALERTS)', eval_time: '9m', exp_samples: [{ labels: '{}', value: 7 }] }],
        },
      ],
    }),
  );
  assert.throws(() => execFileSync('promtool', ['test', 'rules', file], { stdio: 'pipe' }));
});
