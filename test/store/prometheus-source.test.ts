import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MINUTE, SECOND } from '../../src/model/time.js';
import type { PrometheusApi } from '../../src/store/prometheus-api.js';
import { PrometheusSource } from '../../src/store/prometheus-source.js';

const NOW_S = 1_795_900_000;
const WINDOW_NS = 2 * MINUTE;

/** A store that knows one agent, and in which steps of ten minutes its node stalled, by their ends in minutes ago. */
async function since(stepsAgo: readonly number[]): Promise<number | undefined> {
  const timesS = stepsAgo.map((ago) => NOW_S - ago * 60);
  const api = {
    instant: async (query: string) =>
      query === 'rxray_agent_info' ? [{ labels: { instance: 'a:1', node: 'a' }, value: 1, atS: NOW_S }] : [],
    raw: async () => [],
    range: async () => [{ labels: { instance: 'a:1' }, timesS, values: timesS.map(() => 3) }],
  } as unknown as PrometheusApi;
  const source = new PrometheusSource(api, WINDOW_NS);
  await source.screen();
  return (await source.since(['a'])).get('a');
}

describe('since when a node has stalled, where that is longer than the window of two minutes', () => {
  for (const [what, stepsAgo, expectedNs] of [
    ['in no step', [], undefined],
    ['in the step that ends now, which may be all within the window', [0], undefined],
    ['in the one before as well: by its end at the latest', [10, 0], -8 * MINUTE],
    ['for half an hour without a pause', [30, 20, 10, 0], -28 * MINUTE],
    ['with two quiet steps between', [30, 0], -28 * MINUTE],
    ['long ago, and again now: another fault', [120, 0], undefined],
  ] as const) {
    test(what, async () => {
      const found = await since(stepsAgo);
      assert.ok(found === expectedNs || Math.abs((found ?? 0) - (expectedNs ?? 0)) < SECOND, `${found}`);
    });
  }
});
