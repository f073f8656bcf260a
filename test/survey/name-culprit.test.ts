import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeWait } from '../../src/correlate/judge-wait.js';
import { shiftCulprit } from '../../src/correlate/shift-culprit.js';
import type { Culprit } from '../../src/model/culprit.js';
import type { TracedNode } from '../../src/model/fleet/fleet-evidence.js';
import { MS, SECOND } from '../../src/model/time.js';
import type { Verdict } from '../../src/model/verdict.js';
import { scrapedCulprit } from '../../src/store/scraped-culprit.js';
import { withCulprit } from '../../src/survey/name-culprit.js';
import { buildWait } from '../correlate/build-wait.js';

const LENGTH_NS = 100 * MS;
const incidents = [10, 20, 30, 40].map((second) => ({
  startNs: second * SECOND - LENGTH_NS,
  releaseNs: second * SECOND,
}));
/** `cadvisor` in `read`, a wait of 100 ms that ended then. */
const culpritAt = (releaseNs: number): Culprit => shiftCulprit(judgeWait(buildWait({})), releaseNs - 1_100 * MS);
const traced = (culprits: readonly Culprit[], more: Partial<TracedNode> = {}): TracedNode[] => [
  { node: 'node-3', culprits, tracedFromNs: 0, lostEvents: 0, minNs: 10 * MS, ...more },
];
const verdict = { type: 'verdict', cause: 'rx-queue', where: 'node-3', quality: { notes: [] } } as unknown as Verdict;
const told = (kernel: readonly TracedNode[]): { culprit: string | null | undefined; notes: readonly string[] } => {
  const { verdict: joined } = withCulprit(verdict, 'node-3', incidents, kernel);
  return { culprit: joined.culprit?.process, notes: joined.quality.notes };
};

test('who had the CPU whenever packets were held is named, clocks being off by 60 ms', () => {
  const culprits = incidents.map(({ releaseNs }, i) => culpritAt(releaseNs + (i % 2 === 0 ? 60 : -60) * MS));
  assert.deepEqual(told(traced(culprits)), { culprit: 'cadvisor', notes: [] });
});

test('who had it at one incident, or at other times, is not named', () => {
  const once = told(traced([culpritAt(10 * SECOND)]));
  assert.equal(once.culprit, undefined);
  assert.match(once.notes.join(), /too few to name a culprit/);
  const elsewhere = told(traced([12, 22, 32].map((second) => culpritAt(second * SECOND))));
  assert.equal(elsewhere.culprit, undefined);
  assert.match(elsewhere.notes.join(), /shows no wait for a CPU in 4 of 4 incidents/);
});

test('a trace that began late speaks of what came after', () => {
  const late = told(traced([culpritAt(30 * SECOND), culpritAt(40 * SECOND)], { tracedFromNs: 25 * SECOND }));
  assert.deepEqual(late, { culprit: 'cadvisor', notes: [] });
});

test('a kernel that is not traced, or is that of another node, changes nothing', () => {
  assert.deepEqual(withCulprit(verdict, 'node-3', incidents, []), { verdict });
  assert.deepEqual(withCulprit(verdict, 'node-4', incidents, traced([])), { verdict });
});

test('what a store has of a culprit names it, and clears nobody', () => {
  const labels = { class: 'kthread-starved', process: 'memstat-reader', syscall: 'bpf' };
  const scraped = incidents.flatMap(({ releaseNs }) => scrapedCulprit(labels, releaseNs, LENGTH_NS) ?? []);
  const unknown = { tracedFromNs: Number.POSITIVE_INFINITY, minNs: 0 };
  assert.deepEqual(told(traced(scraped, unknown)), { culprit: 'memstat-reader', notes: [] });
  assert.doesNotMatch(told(traced([], unknown)).notes.join(), /no wait for a CPU/);
  assert.equal(scrapedCulprit({ ...labels, class: 'from-a-newer-agent' }, 1, 1), undefined);
});
