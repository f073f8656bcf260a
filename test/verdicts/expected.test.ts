import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FaultName } from '../../src/lab/fault-plan.js';
import type { TruthStall } from '../../src/lab/truth.js';
import type { Verdict } from '../../src/model/verdict.js';
import { culpritOf, type Standing, standingOf } from './expected.js';

/** `host@node 0.99 also network`, `network@node,shell (loss) 0.95`, `inconclusive`. */
function said(words: string): Verdict {
  const [, cause = '', where = '', kind, probability = '0.5', also = ''] =
    /^([\w+-]+)@?([\w,-]*)(?: \((\w+)\))?(?: ([\d.]+))?(?: also (.*))?$/.exec(words) ?? [];
  const machines = where === '' ? [] : where.split(',');
  return {
    cause,
    where: machines.length === 0 ? null : machines.length === 1 ? machines[0] : machines,
    kind,
    probability: Number(probability),
    indistinguishable: also === '' ? [] : also.split(' '),
  } as unknown as Verdict;
}

const SITUATIONS: readonly (readonly [faults: string, queues: number, said: string, standing: Standing])[] = [
  ['rx-queue', 4, 'rx-queue@node 0.99', 'right'],
  ['rx-queue', 4, 'host@node 0.99', 'accuses'],
  ['rx-queue', 4, 'rx-queue@node-remote 0.99', 'accuses'],
  ['rx-queue', 1, 'host@node 0.99 also rx-queue@node', 'right'],
  ['rx-queue', 1, 'host@node 0.99', 'accuses'],
  ['rx-queue', 4, 'inconclusive 0.8', 'inconclusive'],
  ['rx-queue', 4, 'inconclusive 0.99 also rx-queue@node sender@shell', 'alike'],
  ['host', 4, 'host@node 0.7 also network@node', 'right'],
  ['host', 4, 'network@node 0.7 also host@node', 'alike'],
  ['host', 4, 'network@node 0.95 also host@node', 'accuses'],
  ['network-last-mile', 4, 'host@node 0.998', 'accuses'],
  ['network-last-mile', 4, 'host@node 0.8', 'wrong'],
  ['network-last-mile', 4, 'network@node 0.85 also device@node', 'right'],
  ['network-last-mile', 4, 'network@node 0.99', 'right'],
  ['network-last-mile', 4, 'network@node,shell 0.99', 'accuses'],
  ['device', 4, 'network@node 0.85 also device@node', 'right'],
  ['device', 4, 'device@node 0.85 also network@node', 'right'],
  ['device', 4, 'network@node 0.95 also device@node', 'alike'],
  ['device', 4, 'network@node 0.95', 'accuses'],
  ['device', 4, 'inconclusive 0.9 also host@node network@node device@node', 'alike'],
  ['ecmp', 4, 'network@node (ecmp) 0.95', 'right'],
  ['lag', 4, 'network@node (ecmp) 0.95', 'right'],
  ['ecmp', 4, 'network@node 0.95', 'wrong'],
  ['lag', 4, 'device@node 0.8 also network@node', 'right'],
  ['lag', 4, 'device@node 0.95 also network@node', 'alike'],
  ['ecmp', 4, 'device@node 0.8 also network@node', 'alike'],
  ['ecmp', 4, 'rx-queue@node 0.8 also network@node', 'alike'],
  ['loss', 4, 'network@node (loss) 0.95', 'right'],
  ['loss', 4, 'network@node 0.95', 'wrong'],
  ['none', 4, 'healthy 0.97', 'right'],
  ['none', 4, 'inconclusive 0.5', 'inconclusive'],
  ['none', 4, 'host@node 0.95', 'accuses'],
  ['nat ipip', 4, 'ipip+nat@node,node-remote 0.95', 'right'],
  ['nat ipip', 4, 'nat@node 0.95', 'accuses'],
  ['network rx-queue', 4, 'network+rx-queue@node,shell 0.95', 'right'],
];

describe('a verdict against what was done', () => {
  for (const [faults, queues, words, standing] of SITUATIONS) {
    it(`${faults} of ${queues} queues called ${words}: ${standing}`, () => {
      const situation = { faults: faults.split(' ') as FaultName[], queues };
      assert.equal(standingOf(said(words), situation), standing);
    });
  }
});

describe('a culprit against who did it', () => {
  const truth = (fault: FaultName, comm: string, pid: number) => [{ fault, comm, pid } as unknown as TruthStall];
  const naming = (process: string | null, pids: number[], kind = 'kthread-starved') =>
    ({ culprit: { class: kind, process, pids } }) as unknown as Verdict;

  it('is right by name and number', () => {
    const did = truth('host', 'rxray-lab-hog', 7);
    assert.equal(culpritOf(naming('rxray-lab-hog', [7]), ['host'], did), 'right');
    assert.equal(culpritOf(naming('rxray-lab-hog', [8]), ['host'], did), 'wrong');
    assert.equal(culpritOf(naming('node', [7]), ['host'], did), 'wrong');
    assert.equal(culpritOf(naming(null, [], 'steal'), ['host'], did), 'wrong');
  });

  it('is nobody where nobody is named', () => {
    assert.equal(culpritOf({} as Verdict, ['host'], truth('host', 'rxray-lab-hog', 7)), 'none');
  });

  it('is wrong where no process did anything, also the one that holds the packets', () => {
    assert.equal(culpritOf(naming('rxray-lab-hold', [9]), ['nat'], truth('nat', 'rxray-lab-hold', 9)), 'wrong');
  });

  it('is a handler where one ran long', () => {
    assert.equal(culpritOf(naming(null, [], 'softirq-handler'), ['handler'], truth('handler', 'spin', 3)), 'right');
  });
});
