import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Stall } from '../../src/model/finding.js';
import { MOST_PLOTS, MOST_POINTS, PlotCollector } from '../../src/report/document/plot-collector.js';
import { PointKinds } from '../../src/report/document/sample-points.js';
import { MS, samplesOf } from './build-document.js';
import { stall } from './build-run.js';

/** Held from `sentMs` until 120 ms later, one probe every 10 ms. */
function stallAt(sentMs: number, path: string): Stall {
  return {
    ...stall,
    path,
    startMin: (sentMs - 10) * MS,
    startMax: sentMs * MS,
    release: (sentMs + 120) * MS,
    flowsHit: [0],
    flowsExposed: [],
  };
}

describe('what the plots of a report show', () => {
  test('probes that waited for the release of a stall are marked, others are not', () => {
    const collector = new PlotCollector(['a']);
    collector.samples(
      samplesOf([
        [0, 0.2],
        [10, 120],
        [20, 110],
        [30, 0.2],
        [125, 5],
        [140, 0.2],
        [150, -1],
      ]),
    );
    const { plots } = collector.plots([stallAt(10, 'a')]);
    assert.deepEqual(
      [...(plots[0]?.points.kind ?? [])],
      [
        PointKinds.usual,
        PointKinds.held,
        PointKinds.held,
        PointKinds.usual,
        PointKinds.held,
        PointKinds.usual,
        PointKinds.lost,
      ],
    );
  });

  test('around a stall in the middle of a long run every probe of every path is there', () => {
    const collector = new PlotCollector(['a', 'b']);
    const probes = 400_000;
    const stallFrom = 200_000;
    const finding = stallAt(10 * stallFrom, 'a');
    for (let first = 0; first < probes; first += 500) {
      const pairs = Array.from({ length: 500 }, (_, index): readonly [number, number] => {
        const probe = first + index;
        const held = probe >= stallFrom && probe < stallFrom + 12;
        return [10 * probe, held ? 120 - 10 * (probe - stallFrom) : 0.2];
      });
      collector.samples(samplesOf(pairs));
      collector.samples(
        samplesOf(
          pairs.map(([sent]) => [sent + 1, 0.3] as const),
          0,
          1,
        ),
      );
      if (first === stallFrom + 500) collector.finding(finding);
    }
    const { plots } = collector.plots([finding]);
    assert.deepEqual(
      plots.map(({ path }) => path),
      ['a', 'b'],
    );
    for (const { points, samples, bucketNs } of plots) {
      const near = points.sentNs.filter((sentNs) => sentNs >= finding.startMin && sentNs <= finding.release);
      assert.ok(near.length >= 13, `${near.length} points`);
      assert.equal(samples, probes);
      assert.ok(bucketNs > 10 * MS, 'elsewhere the run is thinned');
      assert.ok(points.sentNs.length < 100_000, `${points.sentNs.length} points`);
    }
    const held = plots[0]?.points.kind.reduce((sum, kind) => sum + (kind === PointKinds.held ? 1 : 0), 0);
    assert.equal(held, 12);
  });

  test('however many findings there are, points are bounded, and the longest stalls are whole', () => {
    const collector = new PlotCollector(['a']);
    const findings: Stall[] = [];
    for (let second = 0; second < 3_000; second += 1) {
      const pairs = Array.from({ length: 1_000 }, (_, probe) => [1_000 * second + probe, 0.2 + (probe % 7)] as const);
      collector.samples(samplesOf(pairs));
      const length = second === 1_500 ? 900 : 100;
      const finding = { ...stallAt(1_000 * second, 'a'), release: (1_000 * second + length) * MS };
      findings.push(finding);
      collector.finding(finding);
    }
    const { plots } = collector.plots(findings);
    const points = plots[0]?.points.sentNs ?? new Float64Array(0);
    assert.ok(points.length <= MOST_POINTS, `${points.length} points`);
    const longest = points.filter((sentNs) => sentNs >= 1_500_000 * MS && sentNs < 1_500_900 * MS);
    assert.equal(longest.length, 900);
  });

  test('of many paths those with findings are drawn', () => {
    const names = Array.from({ length: 60 }, (_, path) => `path ${path}`);
    const collector = new PlotCollector(names);
    for (const path of names.keys())
      collector.samples(
        samplesOf(
          [
            [0, 0.2],
            [10, 0.2],
          ],
          0,
          path,
        ),
      );
    const { plots, leftOut } = collector.plots([stallAt(0, 'path 57'), stallAt(0, 'path 41')]);
    assert.equal(plots.length, MOST_PLOTS);
    assert.deepEqual(
      plots.slice(0, 3).map(({ path }) => path),
      ['path 41', 'path 57', 'path 0'],
    );
    assert.equal(leftOut.length, 60 - MOST_PLOTS);
  });
});
