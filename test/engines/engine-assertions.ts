import assert from 'node:assert/strict';
import type { Engine } from '../../src/engines/engine.js';
import { CodedError } from '../../src/model/errors.js';
import type { PlannedPath, ProbePlan } from '../../src/model/plan.js';
import type { CollectedRun, Seen } from './collected-run.js';

/** Each seq from 0 to count - 1 once, without those whose slot the prober says it missed. */
export function assertComplete(run: CollectedRun, path: number, count: number, virtualTime: boolean): void {
  const totals = run.totals.find((candidate) => candidate.path === path);
  const missed = totals?.missedSlots ?? 0;
  if (virtualTime) assert.equal(missed, 0);
  const seqs = run.final(path).map((sample) => sample.seq);
  const said = `path ${path}: ${seqs.length} outcomes and ${missed} missed slots`;
  // Slots of fresh ports are missed like any other, and counted together with those of the fixed flows.
  if (run.fresh(path).length > 0 && missed > 0) assert.ok(seqs.length <= count && seqs.length + missed >= count, said);
  else assert.equal(seqs.length + missed, count, said);
  assert.ok(
    seqs.every((seq) => seq >= 0 && seq < count),
    `path ${path}: a seq beyond the count`,
  );
  if (missed === 0)
    assert.deepEqual(
      seqs,
      Array.from({ length: count }, (_, i) => i),
    );
  const words = run.samples.filter((sample) => sample.path === path && sample.outcome !== 'late').length;
  assert.equal(words, seqs.length + run.fresh(path).length, `path ${path}: a probe has two outcomes`);
}

export function assertTotals(run: CollectedRun): void {
  for (const totals of run.totals) {
    const last = [...run.final(totals.path), ...run.fresh(totals.path)];
    const count = (...outcomes: Seen['outcome'][]): number =>
      last.filter((sample) => outcomes.includes(sample.outcome)).length;
    const { received, late, lost, sendFailed, errors, sent, inFlight } = totals;
    assert.deepEqual(
      { received, late, lost, sendFailed, errors },
      {
        received: count('reply', 'late'),
        late: count('late'),
        lost: count('lost'),
        sendFailed: count('send-failed'),
        errors: count('error'),
      },
      `path ${totals.path}`,
    );
    assert.equal(sent, received + lost + errors + inFlight + count('rate-limited'), `path ${totals.path}`);
  }
}

export async function assertRefused(engine: Engine, plan: ProbePlan, code?: string): Promise<void> {
  const iterator = engine.start(plan).events[Symbol.asyncIterator]();
  await assert.rejects(
    () => iterator.next(),
    (error: unknown) => {
      assert.ok(error instanceof CodedError, String(error));
      assert.match(error.code, /^E_[A-Z_]+$/);
      if (code !== undefined) assert.equal(error.code, code);
      assert.notEqual(error.remedy, '');
      return true;
    },
  );
}

export function changed(plan: ProbePlan, change: Partial<PlannedPath>): PlannedPath[] {
  return plan.paths.map((path) => ({ ...path, ...change }));
}

/** The first path of a plan, several times over under names of their own. */
export function copies(plan: ProbePlan, count: number): PlannedPath[] {
  const [path] = plan.paths;
  assert.ok(path !== undefined);
  return Array.from({ length: count }, (_, i) => ({ ...path, name: path.name.replace('>', `>copy-${i}-`) }));
}

export function neighbours<T>(items: readonly T[]): [T, T][] {
  return items.slice(1).flatMap((item, i) => {
    const before = items[i];
    return before === undefined ? [] : [[before, item] as [T, T]];
  });
}
