import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { misdescribedPaths } from '../../src/bisect/evidence/misdescribed-paths.js';
import type { Hosts } from '../../src/hosts/hosts-file.js';
import { measuredPaths } from '../../src/hosts/measured-paths.js';
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
