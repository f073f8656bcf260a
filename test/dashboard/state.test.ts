import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DashboardState } from '../../src/dashboard/state/dashboard-state.js';
import { Marks, PathHistory } from '../../src/dashboard/state/path-history.js';
import { PathSeconds, SECONDS_KEPT } from '../../src/dashboard/state/path-seconds.js';
import { takeSnapshot } from '../../src/dashboard/state/snapshot.js';
import { Outcomes } from '../../src/model/sample.js';
import { MS, SECOND } from '../../src/model/time.js';
import { stall } from '../report/build-run.js';
import { columnsOf, PATH, type Probe, runOf, tell } from './build-dashboard.js';

function stateWith(probes: readonly Probe[]): DashboardState {
  const state = new DashboardState(1);
  state.take({ kind: 'run', run: runOf([PATH]) });
  state.take({ kind: 'samples', samples: columnsOf(probes), paths: [PATH] });
  return state;
}

function history(capacity: number, probes: readonly Probe[]): PathHistory {
  const made = new PathHistory(capacity);
  const samples = columnsOf(probes);
  for (let i = 0; i < samples.length; i += 1) made.push(samples, i);
  return made;
}

test('counts: replies, losses, late replies and errors, as the summary counts them', () => {
  const { paths } = stateWith([
    { seq: 0, sentNs: 0, rttNs: MS },
    { seq: 1, sentNs: 10 * MS },
    { seq: 2, sentNs: 20 * MS },
    { seq: 1, sentNs: 10 * MS, rttNs: 1.5 * SECOND, outcome: Outcomes.late },
    { seq: 3, sentNs: 30 * MS, rttNs: MS, outcome: Outcomes.error },
    { seq: 4, sentNs: 40 * MS, outcome: Outcomes.sendFailed },
  ]);
  const [path] = paths;
  const { sent, received, lost, late, errors } = path ?? {};
  assert.deepEqual({ sent, received, lost, late, errors }, { sent: 4, received: 2, lost: 1, late: 1, errors: 1 });
  assert.equal(path?.lossRatio, 1 / 4);
});

test('quantiles: of all answers, late ones included', () => {
  const probes = Array.from({ length: 100 }, (_, i) => ({ sentNs: i * 10 * MS, rttNs: (i + 1) * MS }));
  const [path] = stateWith(probes).paths;
  const rtt = path?.rtt(2 * SECOND);
  assert.equal(rtt?.max, 100 * MS);
  assert.ok(Math.abs((rtt?.p50 ?? 0) - 50 * MS) < 0.005 * 50 * MS);
  assert.ok(Math.abs((rtt?.p99 ?? 0) - 99 * MS) < 0.005 * 99 * MS);
});

test('now is the last that anything was heard of: a reply, or the clock of the source', () => {
  const state = stateWith([{ sentNs: SECOND, rttNs: 20 * MS }, { sentNs: 1.01 * SECOND }]);
  assert.equal(state.nowNs, 1.02 * SECOND);
  state.take({ kind: 'clock', timeNs: 3 * SECOND });
  state.take({ kind: 'clock', timeNs: 2 * SECOND });
  assert.equal(state.nowNs, 3 * SECOND);
});

test('samples of a path that no record told of are left out', () => {
  const state = stateWith([]);
  state.take({ kind: 'samples', samples: columnsOf([{ sentNs: 0, rttNs: MS, path: 1 }]), paths: [PATH, 'other'] });
  assert.equal(state.paths[0]?.sent, 0);
});

test('samples are copied: the source may use its columns again', () => {
  const state = stateWith([]);
  const samples = columnsOf([{ sentNs: 0, rttNs: MS }]);
  state.take({ kind: 'samples', samples, paths: [PATH] });
  samples.rttNs[0] = 99 * MS;
  assert.deepEqual(state.paths[0]?.history.between(0, SECOND), [{ sentNs: 0, rttNs: MS, flow: 0, mark: Marks.reply }]);
});

test('reset: counts, history and log begin anew, paths and posterior stay', () => {
  const state = stateWith([{ sentNs: 0, rttNs: MS }]);
  tell(state, stall);
  state.reset();
  const { rows, log, sinceNs } = takeSnapshot(state);
  assert.deepEqual(
    rows.map(({ name, sent, stalls, rtt }) => ({ name, sent, stalls, rtt })),
    [{ name: PATH, sent: 0, stalls: 0, rtt: null }],
  );
  assert.equal(log.length, 0);
  assert.equal(sinceNs, MS);
});

test('a self-inflicted stall is no stall, and triggers nothing', () => {
  const state = stateWith([{ sentNs: 0, rttNs: MS }]);
  tell(state, { ...stall, selfInflicted: true });
  const [path] = state.paths;
  assert.deepEqual([path?.stalls, path?.selfInflicted, path?.trigger, path?.held.length], [0, 1, undefined, 0]);
});

test('the strip waits beside a stall for 3 s at least, whatever comes meanwhile', () => {
  const state = stateWith([]);
  const at = (seconds: number): number | undefined => {
    state.take({ kind: 'clock', timeNs: seconds * SECOND });
    tell(state, { ...stall, release: seconds * SECOND });
    return state.paths[0]?.trigger?.finding.release;
  };
  assert.equal(at(10), 10 * SECOND);
  assert.equal(at(11), 10 * SECOND);
  assert.equal(at(12.9), 10 * SECOND);
  assert.equal(at(13), 13 * SECOND);
});

test('conditions: what a path does now, the worst that applies', () => {
  const second = (number: number, probe: Partial<Probe>): Probe[] =>
    Array.from({ length: 10 }, (_, i) => ({ sentNs: number * SECOND + i * 100 * MS, ...probe }));
  const condition = (
    probes: readonly Probe[],
    change: (state: DashboardState) => void = () => {},
  ): string | undefined => {
    const state = stateWith(probes);
    change(state);
    return takeSnapshot(state).rows[0]?.condition;
  };
  const well = [...second(0, { rttNs: MS }), ...second(1, { rttNs: MS })];
  assert.equal(condition([]), 'starting');
  assert.equal(condition(well), 'ok');
  assert.equal(condition([...well, ...second(2, { rttNs: 60 * MS })]), 'slow');
  assert.equal(condition([...well, { sentNs: 2 * SECOND }]), 'lossy');
  assert.equal(condition([...well, { sentNs: 2 * SECOND }, ...second(8, { rttNs: MS })]), 'ok');
  assert.equal(condition([...second(0, {}), ...second(1, {}), ...second(2, {}), ...second(3, {})]), 'silent');
  assert.equal(
    condition(well, (state) => tell(state, stall)),
    'stalled',
  );
  assert.equal(
    condition(well, (state) => {
      tell(state, stall);
      state.take({ kind: 'clock', timeNs: 9 * SECOND });
    }),
    'ok',
  );
});

test('history: the newest probes are kept, the oldest go', () => {
  const probes = Array.from({ length: 25 }, (_, i) => ({ sentNs: i * 10 * MS, rttNs: MS }));
  const made = history(10, probes);
  assert.equal(made.length, 10);
  assert.equal(made.oldestNs, 150 * MS);
  assert.deepEqual(
    made.between(0, SECOND).map(({ sentNs }) => sentNs / MS),
    [150, 160, 170, 180, 190, 200, 210, 220, 230, 240],
  );
});

test('history: a probe that was under way in the window belongs to it, in whatever order it was told', () => {
  const made = history(10, [
    { seq: 1, sentNs: 110 * MS, rttNs: MS },
    { seq: 2, sentNs: 300 * MS, rttNs: MS },
    { seq: 0, sentNs: 100 * MS, rttNs: 90 * MS },
  ]);
  assert.deepEqual(
    made.between(150 * MS, 200 * MS).map(({ sentNs }) => sentNs / MS),
    [100],
  );
});

test('history: a late reply supersedes its loss', () => {
  const made = history(10, [
    { seq: 7, sentNs: 100 * MS },
    { seq: 8, sentNs: 110 * MS },
    { seq: 7, sentNs: 100 * MS, rttNs: 1.2 * SECOND, outcome: Outcomes.late },
  ]);
  assert.deepEqual(
    made.between(0, 10 * SECOND).map(({ sentNs, mark }) => [sentNs / MS, mark]),
    [
      [100, Marks.reply],
      [110, Marks.lost],
    ],
  );
});

test('seconds: worst RTT and losses of each, the rate over whole seconds', () => {
  const seconds = new PathSeconds();
  for (let i = 0; i < 500; i += 1) seconds.add(i * 10 * MS, i === 250 ? 80 * MS : MS);
  seconds.addLost(4_500 * MS);
  assert.deepEqual(seconds.at(2), { sent: 100, lost: 0, worstNs: 80 * MS });
  assert.deepEqual(seconds.at(4), { sent: 101, lost: 1, worstNs: MS });
  assert.equal(seconds.at(5), undefined);
  assert.equal(seconds.rate(4_990 * MS), 100);
});

test('seconds: a gap is empty, what is too long ago is unknown, what comes late goes where it belongs', () => {
  const seconds = new PathSeconds();
  seconds.add(0, MS);
  seconds.add(10 * SECOND, MS);
  assert.deepEqual(seconds.at(5), { sent: 0, lost: 0, worstNs: 0 });
  seconds.addLost(9.5 * SECOND);
  assert.deepEqual(seconds.at(9), { sent: 1, lost: 1, worstNs: 0 });
  seconds.takeBack(9.5 * SECOND, 2 * SECOND);
  assert.deepEqual(seconds.at(9), { sent: 1, lost: 0, worstNs: 2 * SECOND });
  seconds.add((SECONDS_KEPT + 5) * SECOND, MS);
  assert.equal(seconds.at(3), undefined);
  assert.equal(seconds.at(10)?.sent, 1);
});
