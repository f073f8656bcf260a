import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { observeIncident } from '../../src/bisect/evidence/observe-incident.js';
import { PathLog } from '../../src/bisect/paths/path-log.js';
import { measuredPaths } from '../../src/hosts/measured-paths.js';
import { MS } from '../../src/model/time.js';
import { buildStream, findIn, type StreamOptions } from '../detect/build-stream.js';
import { LAB_HOSTS } from './sim-cluster.js';

const PATHS = measuredPaths(LAB_HOSTS)
  .map(({ measured }) => measured)
  .slice(0, 2);

const within = (sentNs: number): boolean => sentNs >= 3000 * MS && sentNs < 3120 * MS;

function logOf(options: StreamOptions) {
  const stream = buildStream({ ...options, flows: 1, durationNs: 8000 * MS });
  const log = new PathLog({ intervalNs: 10 * MS, freshPerSecond: 0 });
  for (let i = 0; i < stream.samples.length; i += 1) log.observe(stream.samples, i);
  return { stream, log };
}

/** Probes of the first path are lost for 120 ms; what became of those of the second one, which has no finding yet. */
function beside(options: StreamOptions) {
  const lost = logOf({ isLost: within });
  const finding = findIn(lost.stream).find(({ kind }) => kind === 'loss-episode');
  assert.ok(finding);
  const other = logOf(options);
  const placed = { finding, path: 0, vantage: 'shell', clockNs: 0, baseNs: lost.log.baseNs };
  const { paths } = observeIncident(
    { kind: 'loss', findings: [placed] },
    { paths: PATHS, logs: [lost.log, other.log], slackNs: () => 0, blind: () => false },
  );
  assert.deepEqual(paths[0]?.hit, [0]);
  return paths[1];
}

suite('a path beside one that lost its probes', () => {
  for (const [what, options, hit] of [
    ['answers all of them: it passed', {}, false],
    ['answers none', { isLost: within }, true],
    [
      'answers a second later, as its SYN-ACKs were sent again: those were lost',
      { delayNs: (sentNs: number) => (within(sentNs) ? 1_020 * MS : 0) },
      true,
    ],
    [
      'answers after three seconds, which its findings tell when the incident is closed',
      { delayNs: (sentNs: number) => (within(sentNs) ? 3_040 * MS : 0) },
      true,
    ],
  ] as const)
    test(what, () => {
      const seen = beside(options);
      assert.deepEqual([seen?.hit, seen?.clean], hit ? [[0], []] : [[], [0]]);
    });
});
