import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { misdescribedPaths } from '../../src/bisect/evidence/misdescribed-paths.js';
import { otherDescriptions } from '../../src/bisect/evidence/other-descriptions.js';
import type { Hosts } from '../../src/hosts/hosts-file.js';
import { type HostsPath, measuredPaths } from '../../src/hosts/measured-paths.js';
import { MS } from '../../src/model/time.js';
import { bisectScenario, type FaultInput, LAB_HOSTS, labScenario, stalls } from './sim-cluster.js';

function changed(name: string, fields: object): Hosts {
  const target = { ...LAB_HOSTS.targets[name], ...fields } as Hosts['targets'][string];
  return { ...LAB_HOSTS, targets: { ...LAB_HOSTS.targets, [name]: target } };
}

suite('paths that contradict the hosts file', () => {
  const names = (hosts: Hosts, rttNs: (path: string) => number): string[] => {
    const paths = measuredPaths(hosts).map(({ measured }) => measured);
    const found = misdescribedPaths(
      paths,
      paths.map(({ name }) => rttNs(name)),
    );
    return found.map(({ path }) => paths[path]?.name ?? '');
  };
  const elsewhere = changed('pod', { node: 'node-remote' });

  const table: [situation: string, hosts: Hosts, rttNs: (path: string) => number, names: string[]][] = [
    [
      'each path takes as long as its networks',
      LAB_HOSTS,
      (path) => (path.includes('>nodeport-remote') ? 1 : 0.5) * MS,
      [],
    ],
    ['nothing was answered', elsewhere, () => 0, []],
    [
      'a pod said to be on another node answers as one on the own node',
      elsewhere,
      (path) => (path.startsWith('bad>pod/') ? 0.02 * MS : path.includes('>nodeport') ? 1 * MS : 0.5 * MS),
      ['bad>pod/icmp', 'bad>pod/syn'],
    ],
    [
      'a NodePort that answers in the time of the first of its two networks',
      LAB_HOSTS,
      (path) => (path.includes('>nodeport-remote') && !path.startsWith('shell>') ? 1 * MS : 0.5 * MS),
      ['shell>nodeport-remote/syn'],
    ],
    [
      'a slow pod contradicts nothing',
      LAB_HOSTS,
      (path) => (path.includes('pod') || path.includes('>nodeport') ? 9 : 0.4) * MS,
      [],
    ],
    [
      'on machines so near that jitter is as long as the way',
      elsewhere,
      (path) => (path.includes('pod') ? 0.02 : 0.08) * MS,
      [],
    ],
  ];
  for (const [situation, hosts, rttNs, expected] of table)
    test(`${situation}: ${expected.join(', ') || 'none'}`, () => assert.deepEqual(names(hosts, rttNs), expected));
});

suite('a hosts file that puts a pod on the wrong node', () => {
  const hosts = changed('pod', { node: 'node-remote' });
  const verdictOf = (fault: FaultInput) =>
    bisectScenario({ scenario: labScenario({ faults: [fault] }), hosts, untilSettled: true }).verdict;

  test('its paths accuse nobody, and the verdict says which they are', () => {
    const { cause, reason, next, quality } = verdictOf(stalls({ stage: 'pod', machine: 'bad' }));
    assert.equal(cause, 'inconclusive');
    assert.match(reason ?? '', /; the hosts file does not fit what was seen: bad>pod\/icmp, bad>pod\/syn/);
    assert.match(next[0] ?? '', /^correct the hosts file: pod /);
    assert.ok(
      quality.notes.some((note) => /^the hosts file does not fit .*bad>pod\/icmp is answered within/.test(note)),
    );
  });

  test('the other paths still name what they show', () => {
    const { cause, where } = verdictOf(stalls({ stage: 'network', from: 'shell', to: 'bad' } as never));
    assert.deepEqual([cause, where], ['network', ['node', 'shell']]);
  });
});

suite('what else a hosts file could say without being contradicted', () => {
  const found = (hosts: Hosts, rttNs: (path: string) => number, ttl: number): string[] => {
    const paths = measuredPaths(hosts).map(({ measured }) => measured);
    const descriptions = otherDescriptions(
      paths,
      paths.map(({ name }) => ({ quickestNs: rttNs(name), ttls: new Set(rttNs(name) === 0 ? [] : [ttl]) })),
    );
    return descriptions.map(({ words, fit }) => (fit === 1 ? words : `${words}, hardly`));
  };
  const farther = ['nodeport leads to a pod on node-remote'];
  const nearer = ['nodeport-remote leads to a pod on node'];
  const tunnels = ['pod is reached without ipip', 'pod-remote is reached without ipip'];
  // Were the pod behind a port elsewhere, the port would lead farther.
  const remote = ['pod-remote is on node'];
  const homes = ['pod is on node-remote', ...remote];
  const hardly = (words: string[]): string[] => words.map((one) => `${one}, hardly`);

  const table: [situation: string, hosts: Hosts, rttNs: (path: string) => number, words: string[], ttl?: number][] = [
    ['nothing was answered', LAB_HOSTS, () => 0, [...homes, ...tunnels, ...farther, ...nearer]],
    [
      'machines are so near that times tell nothing',
      LAB_HOSTS,
      () => 0.08 * MS,
      [...homes, ...tunnels, ...farther, ...nearer],
    ],
    [
      'pods answer from behind routers: none is on the machine that asks',
      LAB_HOSTS,
      () => 0.08 * MS,
      [...tunnels, ...farther, ...nearer],
      62,
    ],
    [
      'each path takes as long as its networks',
      LAB_HOSTS,
      (path) => (path.includes('>nodeport-remote') ? 1 : 0.5) * MS,
      [...hardly(remote), ...tunnels, ...hardly(nearer)],
    ],
    [
      'all take longer than any way needs',
      LAB_HOSTS,
      (path) => (path.includes('pod') || path.includes('>nodeport') ? 9 : 0.5) * MS,
      [...homes, ...tunnels, ...farther, ...nearer],
    ],
    [
      'the number of pods behind a port is said',
      changed('nodeport', { backends: 1 }),
      (path) => (path.includes('>nodeport-remote') ? 1 : 0.5) * MS,
      [...hardly(remote), ...tunnels, ...hardly(nearer), 'nodeport leads to several pods'],
    ],
    [
      'a pod is said to be reached without a tunnel that others use',
      changed('pod', { overlay: undefined }),
      (path) => (path.includes('>nodeport-remote') ? 1 : 0.5) * MS,
      [...hardly(remote), 'pod is reached through ipip', 'pod-remote is reached without ipip', ...hardly(nearer)],
    ],
  ];
  for (const [situation, hosts, rttNs, expected, ttl = 64] of table)
    test(situation, () => assert.deepEqual(found(hosts, rttNs, ttl).sort(), [...expected].sort()));
});

suite('a verdict that one wrong entry of the hosts file would overturn', () => {
  const verdictOf = (hosts: Hosts, only: (path: HostsPath) => boolean, fault: FaultInput) =>
    bisectScenario({ scenario: labScenario({ faults: [fault] }), hosts, only, untilSettled: true }).verdict;
  const all = (): boolean => true;
  const from =
    (vantages: RegExp, not: RegExp) =>
    (path: HostsPath): boolean =>
      vantages.test(path.measured.name) && !not.test(path.measured.name);
  const remoteElsewhere = changed('nodeport-remote', { pod: 'pod' });
  const client = stalls({ stage: 'pod', machine: 'client' } as never);

  const sure: [stage: string, cause: string][] = [
    ['pod', 'pod'],
    ['nat', 'nat'],
    ['ipip', 'ipip'],
    ['host', 'host'],
  ];
  for (const [stage, cause] of sure)
    test(`${stage}: no single entry of the whole file does, and it is as sure as ever`, () => {
      const verdict = verdictOf(LAB_HOSTS, all, stalls({ stage, machine: 'bad' } as never));
      assert.equal(verdict.cause, cause);
      assert.deepEqual(
        verdict.quality.notes.filter((note) => note.startsWith('if ')),
        [],
      );
    });

  test('the pod of a port may be elsewhere: it convicts nobody and says what to look up', () => {
    const { cause, probability, indistinguishable, next, quality } = verdictOf(
      remoteElsewhere,
      from(/^client>/, />nodeport\//),
      client,
    );
    assert.deepEqual([cause, indistinguishable], ['nat', ['pod']]);
    assert.ok(probability < 0.9, `${probability}`);
    assert.match(next[0] ?? '', /^make sure of what the hosts file says of nodeport-remote /);
    assert.ok(
      quality.notes.some((note) =>
        note.startsWith('if nodeport-remote leads to a pod on node-remote, which the hosts file does not say, pod at'),
      ),
    );
  });

  test('the tunnel of a pod that passes may be another: the pod that waits is not sure', () => {
    const { cause, where, probability, indistinguishable } = verdictOf(LAB_HOSTS, all, client);
    assert.deepEqual([cause, where, indistinguishable], ['pod', 'node-remote', ['ipip']]);
    assert.ok(probability < 0.9, `${probability}`);
  });

  test('where the entry is likelier to be wrong than the cause to be the one nobody is named', () => {
    const hosts: Hosts = {
      ...remoteElsewhere,
      targets: {
        ...remoteElsewhere.targets,
        nodeport: { ...changed('nodeport', { backends: 1 }).targets.nodeport } as never,
      },
    };
    const { cause, where, reason, indistinguishable } = verdictOf(
      hosts,
      from(/^(shell|client)>/, /pod-remote/),
      client,
    );
    assert.deepEqual([cause, where, indistinguishable], ['inconclusive', null, ['pod']]);
    assert.match(reason ?? '', /^pod@node leads by the hosts file, which is likelier to be wrong/);
  });
});
