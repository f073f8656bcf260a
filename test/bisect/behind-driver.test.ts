import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { observeIncident } from '../../src/bisect/evidence/observe-incident.js';
import { PathLog } from '../../src/bisect/paths/path-log.js';
import { measuredPaths } from '../../src/hosts/measured-paths.js';
import { SampleFlags } from '../../src/model/sample.js';
import { MS } from '../../src/model/time.js';
import { buildStream, findIn, type StreamOptions } from '../detect/build-stream.js';
import { LAB_HOSTS } from './sim-cluster.js';

const ALL = measuredPaths(LAB_HOSTS).map(({ measured }) => measured);
const PATHS = [
  ...ALL.filter(({ vantage }) => vantage === 'shell').slice(0, 2),
  ...ALL.filter(({ vantage }) => vantage === 'client').slice(0, 1),
];

function stampedBy(flags: number, options: StreamOptions) {
  const stream = buildStream({ ...options, flows: 1 });
  stream.samples.flags.fill(flags);
  const log = new PathLog({ intervalNs: 10 * MS, freshPerSecond: 0 });
  for (let i = 0; i < stream.samples.length; i += 1) log.observe(stream.samples, i);
  return { stream, log };
}

/**
 * A stall on the first path of a vantage; replies on its second path pass meanwhile, stamped by the driver.
 *
 * @param alsoThere whether another vantage saw the same stall, by stamps of its driver
 */
function observed(stampsOfHeld: number, alsoThere = false) {
  const held = stampedBy(stampsOfHeld, { stalls: [{ fromNs: 3000 * MS, toNs: 3130 * MS }] });
  const passing = stampedBy(0, {});
  const [finding] = findIn(held.stream);
  assert.ok(finding?.kind === 'stall');
  const there = stampedBy(0, { stalls: [{ fromNs: 3000 * MS, toNs: 3130 * MS }] });
  const placed = { finding, path: 0, vantage: 'shell', clockNs: 0, baseNs: held.log.baseNs };
  const findings = [
    placed,
    ...(alsoThere
      ? findIn(there.stream).map((found) => ({ ...placed, finding: found, path: 2, vantage: 'client' }))
      : []),
  ];
  return observeIncident(
    { kind: 'stall', findings },
    { paths: PATHS, logs: [held.log, passing.log, there.log], slackNs: () => 0, blind: () => false },
  ).paths;
}

describe('a path whose replies the driver stamped, beside one that waited', () => {
  it('passed, where the other has that stamp as well', () => {
    const [held, passed] = observed(0);
    assert.deepEqual([held?.heldProbes, passed?.hit, passed?.clean], [13, [], [0]]);
  });

  it('is no witness either where another vantage saw the same by stamps of its driver', () => {
    const [held, passed] = observed(SampleFlags.socketReceivedStamp, true);
    assert.deepEqual([held?.heldProbes, passed], [13, null]);
  });

  it('is no witness where the other waited by stamps of the packet socket: that may lie behind the driver', () => {
    const [held, passed] = observed(SampleFlags.socketReceivedStamp);
    assert.deepEqual([held?.heldProbes, passed], [13, null]);
  });
});
