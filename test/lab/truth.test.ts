import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseHosts } from '../../src/hosts/hosts-file.js';
import { planFault, resolveOptions } from '../../src/lab/fault-plan.js';
import { hostsFile } from '../../src/lab/hosts-file.js';
import { machineGaps, parseTruth, type TruthGap, type TruthStall } from '../../src/lab/truth.js';

const stall = (cpu: number, startMonoNs: number, endMonoNs: number): TruthStall => ({
  type: 'stall',
  fault: 'rx-queue',
  startMonoNs,
  endMonoNs,
  startRealNs: '1795310073411234000',
  queue: 2,
  host: 'bad',
  cpu,
  pid: 1,
  comm: 'rxray-lab-hog',
  requestedNs: endMonoNs - startMonoNs,
  gapCount: 0,
  gaps: [],
});
const gap = (cpu: number, fromMonoNs: number, toMonoNs: number): TruthGap => ({
  type: 'gap',
  cpu,
  fromMonoNs,
  toMonoNs,
  stealNs: 0,
});

describe('a truth log', () => {
  it('is read line by line', () => {
    const lines = [stall(1, 10, 20), gap(0, 1, 2)];
    assert.deepEqual(parseTruth(`${lines.map((line) => JSON.stringify(line)).join('\n')}\n`), lines);
  });

  it('ends before a line that was cut off', () => {
    assert.deepEqual(parseTruth(`${JSON.stringify(gap(0, 1, 2))}\n{"type":"st`), [gap(0, 1, 2)]);
    assert.deepEqual(parseTruth('{"type":"st'), []);
  });

  it('tells pauses of the machine from stalls made on purpose on the same CPU', () => {
    const stalls = [stall(1, 100, 200)];
    const gaps = [gap(1, 99, 201), gap(1, 150, 160), gap(0, 150, 160), gap(1, 200, 210)];
    assert.deepEqual(machineGaps(gaps, stalls), [gap(0, 150, 160), gap(1, 200, 210)]);
  });
});

describe('the plan of a fault', () => {
  it('takes one queue, the one asked for or the one the seed picks', () => {
    assert.deepEqual(planFault('rx-queue', { queue: 3 }, 4).heldQueues, [3]);
    assert.deepEqual(planFault('rx-queue', { seed: 6 }, 4).heldQueues, [2]);
    assert.deepEqual(planFault('starved', { seed: 6 }, 1).heldQueues, [0]);
  });

  it('takes all queues of the right host', () => {
    assert.deepEqual(planFault('host', {}, 2).heldQueues, [0, 1]);
    assert.equal(planFault('host', {}, 2).host, 'bad');
    assert.equal(planFault('sender', {}, 2).host, 'shell');
    assert.equal(planFault('sender', { host: 'client' }, 2).host, 'client');
  });

  it('holds both directions of a network, one of a last mile', () => {
    const matches = (name: 'network' | 'network-last-mile'): string[] =>
      planFault(name, {}, 4).rules.map(({ match }) => match.join(' '));
    assert.deepEqual(matches('network'), ['-s 172.16.99.10 -d 172.16.47.27', '-s 172.16.47.27 -d 172.16.99.10']);
    assert.deepEqual(matches('network-last-mile'), ['-o bond']);
  });

  it('holds one link or member of two, the one that the seed picks', () => {
    assert.deepEqual(planFault('ecmp', { seed: 1 }, 4).rules[0]?.match, ['-o', 'to-rack-b']);
    assert.deepEqual(planFault('ecmp', { seed: 2 }, 4).rules[0]?.match, ['-o', 'to-rack-a']);
    assert.equal(planFault('lag', { seed: 1 }, 4).values.device, 'far-b');
    assert.equal(planFault('lag', { seed: 2 }, 4).values.device, 'far-a');
  });

  it('gives faults that hold packets different numbers, so that two can be on at once', () => {
    const numbers = (['nat', 'ipip', 'pod', 'network', 'network-last-mile', 'loss', 'ecmp', 'backends'] as const).map(
      (name) => planFault(name, {}, 4).rules[0]?.nfqueue,
    );
    assert.equal(new Set(numbers).size, numbers.length);
  });

  it('has defaults, and refuses what the injectors could not follow', () => {
    assert.deepEqual(resolveOptions({}), {
      periodMs: [700, 1300],
      lengthMs: [100, 200],
      seed: 1,
      durationS: 600,
      probability: 1,
    });
    for (const options of [
      { seed: -1 },
      { count: 0 },
      { durationS: 0 },
      { probability: 0 },
      { lengthMs: [5, 4] as const },
    ]) {
      assert.throws(() => resolveOptions(options), { code: 'E_LAB_FAULT_OPTIONS' });
    }
  });
});

describe('the hosts.yaml of a lab', () => {
  it('has the pods behind their nodes', () => {
    const text = hostsFile('demo');
    const hosts = parseHosts(text, 'hosts.yaml');
    assert.deepEqual(Object.keys(hosts.vantages), ['shell', 'client', 'bad', 'external']);
    assert.equal(hosts.targets.nodeport?.port, 30_927);
    assert.match(text, /shell: \{ transport: netns, name: demo-shell \}/);
    assert.match(text, /nodeport-remote: \{ kind: nodeport, .*port: 30928, node: node, pod: pod-remote \}/);
    assert.match(text, /pod-remote: \{ kind: pod, .*node: node-remote, overlay: ipip \}/);
    assert.equal(hosts.targets['nodeport-spread'], undefined);
  });

  it('has the NodePort of three pods where it is asked for', () => {
    const { targets } = parseHosts(hostsFile('demo', { backends: true }), 'hosts.yaml');
    assert.equal(targets['nodeport-spread']?.port, 30_929);
    assert.equal(targets['pod-b']?.address, '10.125.20.65');
  });
});
