import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { branchingPaths } from '../../src/bisect/causes/branching.js';
import type { Observation, PathObservation } from '../../src/bisect/evidence/observation.js';
import { echoFits, partedBy, waysMayDiffer } from '../../src/bisect/evidence/parted-flows.js';
import type { FlowProfiles } from '../../src/bisect/paths/path-log.js';
import { measuredPaths } from '../../src/hosts/measured-paths.js';
import { MS, US } from '../../src/model/time.js';
import { LAB_HOSTS } from './sim-cluster.js';

const [SYN, ECHO] = [0, 1];

function profiles(...ways: readonly (readonly [ttl: number, leastRttNs: number])[]): FlowProfiles {
  return new Map(ways.map(([ttl, leastRttNs], flow) => [flow, { ttl, leastRttNs }]));
}

const seen = (hit: number[], clean: number[]): PathObservation => ({
  hit,
  clean,
  mixed: 0,
  freshHeld: 0,
  freshClean: 0,
  heldProbes: hit.length,
});

/** Flows 0 and 1 wait, 2 and 3 pass; echo requests wait or pass. */
function incidents(echoWaits: boolean): Observation[] {
  const paths = [seen([0, 1], [2, 3]), echoWaits ? seen([0], []) : seen([], [0])];
  return Array.from({ length: 3 }, () => ({ paths }) as unknown as Observation);
}

const BY_TTL = profiles([61, MS], [61, MS], [62, MS], [62, MS]);
const BY_TIME = profiles([62, MS], [62, MS + 10 * US], [62, 2 * MS], [62, 2 * MS + 10 * US]);
const ALIKE = profiles([62, MS], [62, MS + 10 * US], [62, MS], [62, MS + 20 * US]);

suite('flows that wait and flows that pass', () => {
  for (const [what, own, by] of [
    ['come by routers of another number', BY_TTL, 'ttl'],
    ['come by a longer way', BY_TIME, 'time'],
    ['come by ways that nothing tells apart', ALIKE, null],
  ] as const)
    test(`${what}: ${by}`, () => {
      assert.equal(partedBy(own, incidents(true), SYN), by);
      assert.equal(waysMayDiffer(own), by !== null);
    });

  test('one flow of a kind parts nothing', () => {
    const one = [{ paths: [seen([0], [2, 3])] } as unknown as Observation];
    assert.equal(partedBy(BY_TTL, one, SYN), null);
  });
});

suite('echo requests beside flows that part', () => {
  for (const [what, own, echo, waits, fits] of [
    ['share the way of those that wait, and wait', BY_TTL, [61, MS], true, true],
    ['share the way of those that wait, and pass', BY_TTL, [61, MS], false, false],
    ['share the way of those that pass, and pass', BY_TTL, [62, MS], false, true],
    ['share the way of those that pass, and wait', BY_TTL, [62, MS], true, false],
    ['come with a TTL of their own', BY_TTL, [255, MS], true, null],
    ['are as quick as those that wait, and wait', BY_TIME, [62, MS + 20 * US], true, true],
    ['are as slow as those that pass, and wait', BY_TIME, [62, 2 * MS], true, false],
    ['beside flows that nothing tells apart', ALIKE, [62, MS], true, null],
  ] as const)
    test(`${what}: ${fits === null ? 'says nothing' : fits ? 'as one of several ways' : 'against that'}`, () => {
      assert.equal(echoFits([own, profiles(echo)], incidents(waits), SYN, ECHO), fits);
    });
});

suite('ports of which the replies have several TTLs', () => {
  const table: [situation: string, backends: number | undefined, ofNode: number, ofPort: number, branches: boolean][] =
    [
      ['all of one', undefined, 1, 1, false],
      ['more than the machine has that has the port', undefined, 1, 2, true],
      ['as many as that machine has: they come by several ways', undefined, 2, 2, false],
      ['by several ways, and from several pods', undefined, 2, 3, true],
      ['the hosts file says one pod', 1, 1, 2, false],
      ['the hosts file says two', 2, 2, 2, true],
    ];
  for (const [situation, backends, ofNode, ofPort, branches] of table)
    test(`${situation}: ${branches ? 'several pods' : 'one pod'}`, () => {
      const paths = measuredPaths(LAB_HOSTS).flatMap(({ measured }) =>
        /^shell>(node|nodeport)\/syn$/.test(measured.name)
          ? [measured.targetKind === 'nodeport' && backends !== undefined ? { ...measured, backends } : measured]
          : [],
      );
      const ttls = paths.map(({ targetKind }) => (targetKind === 'node' ? ofNode : ofPort));
      assert.equal(branchingPaths(paths, ttls)[paths.findIndex(({ target }) => target === 'nodeport')], branches);
    });
});
