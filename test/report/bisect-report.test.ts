import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MeasuredPath } from '../../src/model/measured-path.js';
import type { Verdict } from '../../src/model/verdict.js';
import { bisectProgress } from '../../src/report/bisect/bisect-progress.js';
import { createBisectReporter } from '../../src/report/bisect/bisect-reporter.js';
import { identifiabilityText } from '../../src/report/bisect/identifiability-text.js';
import { verdictText } from '../../src/report/bisect/verdict-text.js';
import { run, stall, summary } from './build-run.js';
import { SERVER_CALL } from './server-call.js';

const verdict: Verdict = {
  type: 'verdict',
  cause: 'rx-queue',
  where: 'node',
  kind: 'stall',
  probability: 0.9985,
  posterior: { 'rx-queue': 0.9985, host: 0.0015 },
  priors: { 'rx-queue': 0.2 },
  incidents: 12,
  evidence: [
    {
      path: 'shell>node/syn',
      stalls: 12,
      probes: 40,
      flowsHit: 4,
      flows: 16,
      exposedNotHit: 0,
      words: '4 of its 16 flows waited',
    },
    {
      path: 'shell>node/icmp',
      stalls: 0,
      probes: 0,
      flowsHit: 0,
      flows: 1,
      exposedNotHit: 12,
      words: 'passed every time',
    },
  ],
  ruledOut: [{ cause: 'nat', because: 'paths without it waited too' }],
  indistinguishable: [],
  next: ['rxray trace on node'],
  terms: [{ words: 'only some flows waited', cause: 'rx-queue@node', against: 'host@node', factor: 9.06 }],
  noStallLongerThanNs: null,
  quality: {
    durationNs: 20_400_000_000,
    selfInflicted: 1,
    excludedPaths: [{ path: 'b>c/icmp', because: 'no reply ever' }],
    clockUncertaintyNs: 3_000_000,
    notes: [],
  },
};

test('a verdict: the answer first, then evidence, what was ruled out, notes, what to do', () => {
  assert.equal(
    verdictText(verdict, false),
    `VERDICT  rx-queue at node, probability 0.999
         12 incidents in 20.4 s

path             stalls  held  flows  spared
shell>node/syn       12    40   4/16       0  4 of its 16 flows waited
shell>node/icmp       0     0             12  passed every time

ruled out:
  nat: paths without it waited too

notes:
  b>c/icmp was left out: no reply ever
  1 finding left out because a prober itself paused
  the clocks of the vantages agree within 3 ms

next:
  rxray trace on node
`,
  );
});

test('the system calls that a server sat in stand below the answer, with where it was', () => {
  assert.match(
    verdictText(
      { ...verdict, cause: 'server', satIn: [SERVER_CALL, { ...SERVER_CALL, name: 'fsync', requests: 2 }] },
      false,
    ),
    /^VERDICT {2}server at node[^\n]*\n[^\n]*\n\nSAT IN {3}web\[812\] on node sat in flock\(3<\/var\/lock\/x>, LOCK_EX\) for up to 204 ms: 8 of 9 slow requests\n {11}flock_lock_inode_wait\n {11}__x64_sys_flock\n {9}web\[812\] on node sat in fsync\(.*: 2 of 9 slow requests\n/,
  );
});

test('a cause that nothing equals is said to be as sure as it is, whatever all that blame its machine come to', () => {
  const capped = { ...verdict, probability: 0.89, together: 0.9999 };
  assert.match(verdictText(capped, false), /rx-queue at node, probability 0\.890\n/);
  const equalled = { ...capped, indistinguishable: ['host'] };
  assert.match(verdictText(equalled, false), /rx-queue or host at node, probability > 0\.999\n/);
});

test('--explain adds what moved the verdict', () => {
  assert.match(verdictText(verdict, true), /\n {2}× 9\.1 {2}rx-queue@node : host@node {2}only some flows waited\n/);
});

test('healthy says what would have been seen; inconclusive says why', () => {
  const healthy = verdictText(
    { ...verdict, cause: 'healthy', where: null, noStallLongerThanNs: 321_000_000, incidents: 0 },
    false,
  );
  assert.match(
    healthy,
    /^VERDICT {2}healthy: no stall of a whole host longer than 321 ms\n {9}0 incidents in 20\.4 s\n/,
  );
  const open = verdictText({ ...verdict, cause: 'inconclusive', where: null, reason: 'too few incidents' }, false);
  assert.match(open, /^VERDICT {2}inconclusive: too few incidents\n.*likeliest rx-queue 0\.999, host 0\.002\n/);
});

test('causes that look the same share the headline', () => {
  assert.match(
    verdictText({ ...verdict, indistinguishable: ['host', 'network'] }, false),
    /^VERDICT {2}rx-queue or host or network at node, probability 0\.999\n/,
  );
});

test('no probability is printed as certain', () => {
  assert.match(verdictText({ ...verdict, probability: 0.99999 }, false), /probability > 0\.999\n/);
});

test('an incident is one line, however many paths it hit', () => {
  const reporter = createBisectReporter('text', { quiet: false, explain: false, thresholdNs: 1e8, zone: 'UTC' });
  assert.equal(reporter.vantage('shell', run), 'shell: 1 path, 105 packets/s, about 616 conntrack entries\n');
  const paths = ['a', 'b', 'c', 'd', 'e'];
  const incident = {
    type: 'incident',
    startMin: 0,
    startMax: 10e6,
    release: 100e6,
    paths,
    exposed: ['f'],
    cause: 'rx-queue',
  } as const;
  assert.equal(
    reporter.incident({ ...incident, exposed: [...incident.exposed] }),
    '01:14:33.511 UTC  incident 95 ms: a, b, c and 2 more held; 1 other passed → rx-queue\n',
  );
  const outage = { type: 'outage', state: 'begun', path: 'a', since: 100e6, at: 1.2e9, probes: 103 } as const;
  assert.equal(
    reporter.outage?.(outage),
    '01:14:34.611 UTC  ? outage       a  silent since 01:14:33.511 UTC: 103 probes without an answer for 1.1 s\n',
  );
  assert.equal(reporter.finding(stall), '');
  assert.match(reporter.finding({ ...stall, selfInflicted: true }), /SELF-INFLICTED/);
});

test('progress: paths with stalls first, the leading cause last, cut to the width', () => {
  const quiet = { ...summary, path: 'quiet', stalls: 0 };
  const lines = bisectProgress(
    {
      summaries: [quiet, summary],
      elapsedNs: 10e9,
      leading: { cause: 'nat', probability: 0.5 },
      why: 'more incidents',
    },
    60,
  );
  assert.match(lines[1] ?? '', /^local>172/);
  assert.match(lines.at(-1) ?? '', /^10 s · leading: nat 0\.500 · more incidents$/);
  assert.ok(lines.every((line) => line.length < 60));
});

test('a plan shows which path crosses which stage on which leg', () => {
  const path: MeasuredPath = {
    name: 'a>b/icmp',
    vantage: 'a',
    target: 'b',
    targetKind: 'node',
    protocol: 'icmp',
    answeredBy: 'b',
    intervalNs: 1e7,
    flows: 1,
    freshPerSecond: 0,
    out: [],
    back: [],
  };
  const shown = {
    stages: ['sender@a', 'network@a+b', 'rx-queue@b'],
    matrix: [['both', 'both', 'out'] as const],
    indistinguishable: [['host@b', 'rx-queue@b']],
    suggestions: ['add a vantage'],
  };
  assert.equal(
    identifiabilityText(shown, [path]),
    `path      1  2  3
a>b/icmp  ↔  ↔  →

stages (→ on the way out, ← on the way back, ↔ both):
   1  sender at a
   2  network at a – b
   3  rx-queue at b

look the same on these paths:
  host@b, rx-queue@b

to tell more:
  add a vantage
`,
  );
});
