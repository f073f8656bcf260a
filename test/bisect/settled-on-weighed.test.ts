import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createInference } from '../../src/bisect/inference.js';
import { measuredPaths } from '../../src/hosts/measured-paths.js';
import { allocateSamples } from '../../src/model/sample.js';
import { MS, SECOND } from '../../src/model/time.js';
import { heldStall } from './held-stall.js';
import { LAB_HOSTS } from './sim-cluster.js';

const PATHS = measuredPaths(LAB_HOSTS).map(({ measured }) => measured);
const LENGTH_NS = 100 * MS;

test('incidents settle nothing before they are weighed', () => {
  const inference = createInference(PATHS, { thresholdNs: 50 * MS });
  // The first probe is sent at 0: time is counted from there.
  inference.samples(allocateSamples(1), [0]);
  let releaseNs = SECOND;
  const happen = (incidents: number): void => {
    for (let i = 0; i < incidents; i += 1, releaseNs += 200 * MS)
      for (const { name, vantage } of PATHS)
        if (vantage === 'shell') inference.finding(heldStall(name, releaseNs, LENGTH_NS, { leg: 'out' }));
    inference.advance(releaseNs + 10 * SECOND);
  };
  happen(12);
  const nowNs = releaseNs + 10 * SECOND;
  const { settled, why } = inference.settled(nowNs);
  assert.deepEqual([settled, why], [false, 'clear for 0 of 3 further incidents']);
  // Within a second of the last weighing, and less than twice as many: it stands.
  happen(6);
  assert.deepEqual(inference.settled(nowNs + 500 * MS).why, 'clear for 0 of 3 further incidents');
  const later = inference.settled(nowNs + 5 * SECOND);
  assert.deepEqual([later.settled, later.why], [true, 'the same verdict for 6 incidents on end']);
});
