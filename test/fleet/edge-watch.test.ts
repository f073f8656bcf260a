import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { EdgeWatch, MostEdges, type SeenOnEdge } from '../../src/detect/fleet/edge-watch.js';
import { Escalations } from '../../src/detect/fleet/escalation.js';
import { pathsTo, planEdges, sweepIntervalNs } from '../../src/fleet/edges.js';
import { sharedSecret } from '../../src/fleet/inbound/pair-keys.js';
import { softnetSum, stealSeconds } from '../../src/fleet/node-figures.js';
import { OwnThrottling, quotaFiles, throttledNs } from '../../src/fleet/own-throttling.js';
import { findingSchema } from '../../src/model/finding.js';
import type { EdgePath } from '../../src/model/fleet/edge.js';
import type { Member } from '../../src/model/fleet/member.js';
import { allocateSamples, Outcomes } from '../../src/model/sample.js';
import { MINUTE, MS, SECOND } from '../../src/model/time.js';

const member = (name: string): Member => ({
  name,
  ready: true,
  addresses: {
    node: { address: '10.0.0.1', port: 9876 },
    pod: { address: '10.244.0.1', port: 8080 },
    nodeport: { address: '10.0.0.1', port: 30927 },
  },
});
const options = { kinds: ['node', 'pod', 'nodeport'], intervalNs: 40 * MS, flows: 8 } as const;
/** Usual RTTs of the paths differ by a lot: only what is above them counts. */
const USUAL = [0.1, 0.2, 3, 3.2, 0.5].map((ms) => ms * MS);

interface Probing {
  readonly seconds: number;
  /** Held until that instant; undefined for a probe that passes. */
  readonly heldUntil: (sentNs: number, path: EdgePath, flow: number) => number | undefined;
  readonly lost?: (sentNs: number) => boolean;
  readonly usualOf?: (usualNs: number) => number;
}

/** One neighbour, five paths in turn every 40 ms, as the plan has them. */
function probing({ seconds, heldUntil, lost = () => false, usualOf = (usual) => usual }: Probing) {
  const paths = pathsTo(member('b'), options);
  const counts = paths.map(() => ({ probes: 0, lost: 0 }));
  const watch = new EdgeWatch('a', paths, SECOND, {
    countsOf: (path) => counts[paths.indexOf(path)] ?? { probes: 0, lost: 0 },
    onRtt: () => {},
  });
  const seen: SeenOnEdge[] = [];
  const answers: { at: number; i: number; sent: number; rtt: number }[] = [];
  for (let k = 0; k < seconds * 25; k += 1) {
    const index = k % paths.length;
    const path = paths[index] as EdgePath;
    const sent = k * 40 * MS;
    const flow = Math.floor(k / paths.length) % path.flows;
    const usual = usualOf((USUAL[index] as number) + (k % 7) * 10_000);
    const rtt = Math.max(usual, (heldUntil(sent, path, flow) ?? 0) - sent + Math.ceil(usual / 2));
    answers.push({ at: sent + rtt, i: k, sent, rtt: lost(sent) ? -1 : rtt });
  }
  answers.sort((one, other) => one.at - other.at);
  for (const { at, i, sent, rtt } of answers) {
    const samples = allocateSamples(1);
    samples.path[0] = i % paths.length;
    samples.seq[0] = Math.floor(i / paths.length);
    samples.flow[0] = Math.floor(i / paths.length) % (paths[i % paths.length] as EdgePath).flows;
    samples.dueNs[0] = sent;
    samples.sentNs[0] = sent;
    samples.rttNs[0] = rtt;
    samples.outcome[0] = rtt < 0 ? Outcomes.lost : Outcomes.reply;
    seen.push(...watch.push(samples), ...watch.advance(at));
  }
  seen.push(...watch.finish(seconds * SECOND));
  return { stalls: seen.filter(({ finding }) => finding.kind === 'stall'), seen, counts, paths };
}

const stallEvery10s = (sentNs: number): number | undefined => {
  const from = Math.floor(sentNs / (10 * SECOND)) * 10 * SECOND + 5 * SECOND;
  return sentNs >= from && sentNs < from + 140 * MS ? from + 140 * MS : undefined;
};

suite('all paths of one neighbour together', () => {
  test('a stall of 140 ms of the machine is seen each time, on paths of each kind', () => {
    const { stalls } = probing({ seconds: 60, heldUntil: stallEvery10s });
    assert.equal(stalls.length, 6);
    for (const { finding, to, hit } of stalls) {
      assert.equal(to, 'b');
      assert.ok(finding.probes >= 3 && finding.probes <= 4, `${finding.probes}`);
      const from = Math.floor(finding.release / (10 * SECOND)) * 10 * SECOND + 5 * SECOND;
      assert.ok(Math.abs(finding.release - from - 140 * MS) < 3 * MS);
      assert.ok(finding.startMin <= from && finding.startMax >= from);
      assert.ok(hit.length >= 3);
    }
  });

  test('instants and lengths are whole nanoseconds where the usual RTT lies between two', () => {
    // Pairs of RTTs that differ by 1 ns: the median of an even count of them has a half.
    let odd = 0;
    const usualOf = (usual: number): number => {
      odd += 1;
      return usual + (odd % 2);
    };
    const { seen } = probing({ seconds: 60, heldUntil: stallEvery10s, usualOf });
    assert.ok(seen.length > 0);
    for (const { finding } of seen) assert.deepEqual(findingSchema.parse(finding), finding);
  });

  test('paths of different length and a clean run accuse nobody', () => {
    const { seen, counts } = probing({ seconds: 60, heldUntil: () => undefined });
    assert.deepEqual(seen, []);
    assert.deepEqual(
      counts.map(({ probes }) => probes),
      [300, 300, 300, 300, 300],
    );
  });

  test('a stall of the pod alone names its paths', () => {
    const long = (sent: number): number | undefined => {
      const from = Math.floor(sent / (10 * SECOND)) * 10 * SECOND + 5 * SECOND;
      return sent >= from && sent < from + 400 * MS ? from + 400 * MS : undefined;
    };
    const { stalls, paths } = probing({
      seconds: 60,
      heldUntil: (sent, path) => (path.kind === 'pod' ? long(sent) : undefined),
    });
    assert.ok(stalls.length >= 5, `${stalls.length}`);
    for (const { hit, exposed, paths: numbers } of stalls) {
      assert.ok(hit.every(({ kind }) => kind === 'pod'));
      assert.ok(exposed.some(({ kind }) => kind === 'node'));
      assert.ok(numbers.every((number) => paths[number]?.kind === 'pod'));
    }
  });

  test('what nothing answered is counted as lost on its path', () => {
    const { counts } = probing({
      seconds: 20,
      heldUntil: () => undefined,
      lost: (sent) => sent > 10 * SECOND && sent < 11 * SECOND,
    });
    assert.ok(counts.reduce((sum, { lost }) => sum + lost, 0) >= 24);
  });
});

suite('the plan of an agent', () => {
  const plan = (rank: number) =>
    planEdges(
      ['b', 'c'].flatMap((name) => pathsTo(member(name), options)),
      {
        from: 'a',
        sourcePorts: [18_432, 22_527],
        maxPerTarget: 1000,
        turnOf: () => ({ rank, of: 10 }),
        secrets: sharedSecret(Buffer.alloc(32, 1)),
        keyOf: () => undefined,
        nowMonoNs: 5_000 * SECOND + 123,
        nowRealNs: 1_795_861_448 * SECOND + 400 * MS,
      },
    );

  test('paths of one neighbour take turns every 40 ms, and its probers every 4 ms', () => {
    const phases = (rank: number): number[] =>
      plan(rank)
        .paths.slice(0, 5)
        .map(({ phaseNs = 0, intervalNs }) => Math.round((1e3 * ((phaseNs - first + intervalNs) % intervalNs)) / MS));
    const first = plan(0).paths[0]?.phaseNs ?? 0;
    assert.deepEqual(phases(0), [0, 40_292, 80_584, 120_876, 161_168]);
    assert.deepEqual(phases(3), [12_088, 52_380, 92_672, 132_964, 173_256]);
    // Slots are counted from 1970, so that probers keep their turns whenever they have begun.
    assert.ok((1_795_861_449 * SECOND + first) % (plan(0).paths[0]?.intervalNs ?? 1) < 1_000);
    assert.equal(plan(0).startAtNs, 5_000 * SECOND + 123 + 600 * MS);
  });

  test('an echo announces the SYN paths to its own address, and pairs have secrets of their own', () => {
    const { paths } = plan(0);
    assert.deepEqual(
      paths.map(({ told }) => told?.announces),
      [[1, 4], undefined, [3], undefined, undefined, [6, 9], undefined, [8], undefined, undefined],
    );
    assert.equal(new Set(paths.map(({ told }) => told?.secret)).size, 8);
    assert.deepEqual(paths.map(({ name }) => name).slice(0, 5), [
      'a>b/icmp',
      'a>b/syn',
      'a>b:pod/icmp',
      'a>b:pod/syn',
      'a>b:nodeport/syn',
    ]);
  });

  test('a closer look stays within what a target may get', () => {
    for (const neighbours of [3, 10, 12]) {
      const perSecond = SECOND / sweepIntervalNs(10 * MS, 5, 1000, neighbours);
      assert.ok(2 * perSecond + neighbours * 25 <= 1000.001, `${perSecond}`);
    }
    assert.equal(sweepIntervalNs(10 * MS, 3, 1000, 3), (10 * MS) / 3);
  });
});

suite('a closer look', () => {
  const rules = { lengthNs: 3 * MINUTE, cooldownNs: 15 * MINUTE };
  const fine = { isLeader: true, throttled: false, mostEdgesStall: false };

  test('begins with the second stall within five minutes, once, and again after the cool-down', () => {
    const escalations = new Escalations(rules);
    assert.equal(escalations.stall('b', 0, fine), false);
    assert.equal(escalations.stall('b', 6 * MINUTE, fine), false);
    assert.equal(escalations.stall('b', 7 * MINUTE, fine), true);
    assert.deepEqual(escalations.active(8 * MINUTE), ['b']);
    assert.equal(escalations.stall('b', 8 * MINUTE, fine), false);
    assert.deepEqual(escalations.active(10 * MINUTE), []);
    assert.equal(escalations.stall('b', 24 * MINUTE, fine), false);
    assert.equal(escalations.stall('b', 25.5 * MINUTE, fine), true);
  });

  for (const [what, state] of [
    ['by one that does not lead', { ...fine, isLeader: false }],
    ['while throttled', { ...fine, throttled: true }],
    ['while most edges stall', { ...fine, mostEdgesStall: true }],
  ] as const) {
    test(`never ${what}`, () => {
      const escalations = new Escalations(rules);
      escalations.stall('b', 0, state);
      assert.equal(escalations.stall('b', MINUTE, state), false);
    });
  }

  test('at two targets at once, no more', () => {
    const escalations = new Escalations(rules);
    const begun = ['b', 'c', 'd'].map((to) => {
      escalations.stall(to, 0, fine);
      return escalations.stall(to, SECOND, fine);
    });
    assert.deepEqual(begun, [true, true, false]);
  });

  test('most edges stall together when more than half do within two seconds', () => {
    const most = new MostEdges();
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map((to, i) => most.take(to, i * 100 * MS, 6)),
      [false, false, false, true],
    );
    assert.equal(most.take('e', 60 * SECOND, 6), false);
    assert.equal(new MostEdges().take('a', 0, 1), false);
  });
});

suite('its own CPU quota', () => {
  test('is looked for where cgroups of both versions have it', () => {
    assert.deepEqual(quotaFiles('0::/kubepods/x\n'), ['/sys/fs/cgroup/kubepods/x/cpu.stat', '/sys/fs/cgroup/cpu.stat']);
    assert.ok(quotaFiles('4:cpu,cpuacct:/y\n3:memory:/z\n').includes('/sys/fs/cgroup/cpu,cpuacct/y/cpu.stat'));
    assert.equal(throttledNs('nr_periods 5\nnr_throttled 2\nthrottled_usec 1500\n'), 1_500_000);
    assert.equal(throttledNs('throttled_time 1500\n'), 1_500);
    assert.equal(throttledNs('usage_usec 1\n'), undefined);
  });

  test('a growth means throttled for a minute', () => {
    let usec = 10;
    const own = new OwnThrottling((path) => (path === '/proc/self/cgroup' ? '0::/a' : `throttled_usec ${usec}\n`));
    assert.equal(own.look(0), false);
    assert.equal(own.look(SECOND), false);
    usec = 5_010;
    assert.equal(own.look(2 * SECOND), true);
    assert.equal(own.look(60 * SECOND), true);
    assert.equal(own.look(63 * SECOND), false);
    assert.equal(own.totalNs, 5_000_000);
  });

  test('where nothing tells, nobody is throttled', () => {
    const own = new OwnThrottling(() => {
      throw new Error('ENOENT');
    });
    assert.equal(own.look(0), false);
  });
});

test('figures of the node: sums over its CPUs', () => {
  const softnet = '00000001 00000002 0000000a 0 0\n00000001 00000003 00000001 0 0\n';
  assert.deepEqual([softnetSum(softnet, 1), softnetSum(softnet, 2), softnetSum('', 1)], [5, 11, undefined]);
  assert.equal(stealSeconds('cpu  1 2 3 4 5 6 7 250 0 0\ncpu0 1\n'), 2.5);
  assert.equal(stealSeconds('nothing'), undefined);
});
