import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { detectableStallNs } from '../../src/detect/detectable-stall.js';
import { createDetectorBank } from '../../src/detect/detector-bank.js';
import { stampLines } from '../../src/format/stamp-words.js';
import type { PathTotals } from '../../src/model/engine-event.js';
import { allocateSamples, Outcomes, SampleFlags, takeSamples } from '../../src/model/sample.js';
import { type Summary, summarySchema } from '../../src/model/summary.js';
import { MS, SECOND, US } from '../../src/model/time.js';
import { buildStream, pathOf, type SimulatedStream, type StreamOptions, seeded } from './build-stream.js';

function summaryOf(stream: SimulatedStream, totals?: readonly PathTotals[]): Summary {
  const bank = createDetectorBank([stream.path], { thresholdNs: 100 * MS, waitNs: SECOND });
  bank.push(stream.samples);
  bank.finish(stream.endNs);
  const [summary] = bank.summaries(totals);
  assert.ok(summary !== undefined);
  return summarySchema.parse(summary);
}

const summarize = (options: StreamOptions): Summary => summaryOf(buildStream(options));
const hold = (fromMs: number, lengthMs: number) => ({ fromNs: fromMs * MS, toNs: (fromMs + lengthMs) * MS });

describe('the summary of a path', () => {
  it('counts what was answered, late and lost; a late reply takes its loss back', () => {
    const summary = summarize({
      durationNs: 10 * SECOND,
      stalls: [hold(2000, 1500)],
      isLost: (sent) => sent >= 8 * SECOND && sent < 8100 * MS,
    });
    const { sent, received, late, lost, inFlight, lossRatio, stalls, spikes } = summary;
    assert.deepEqual(
      { sent, received, late, lost, inFlight, lossRatio, stalls, spikes },
      { sent: 1000, received: 990, late: 51, lost: 10, inFlight: 0, lossRatio: 0.01, stalls: 1, spikes: 0 },
    );
  });

  it('prefers the totals of the prober', () => {
    const totals: PathTotals = {
      path: 0,
      sent: 700,
      received: 600,
      late: 3,
      lost: 50,
      inFlight: 50,
      sendFailed: 1,
      errors: 0,
      duplicates: 2,
      missedSlots: 4,
    };
    const summary = summaryOf(buildStream({}), [totals]);
    const { path: _path, ...counts } = totals;
    for (const [name, value] of Object.entries(counts)) {
      assert.equal(summary[name as keyof typeof counts], value, name);
    }
    assert.equal(summary.lossRatio, 50 / 650);
  });

  it('has null for the RTT where nothing was answered, and a loss ratio of 1', () => {
    const summary = summarize({ isLost: () => true });
    assert.deepEqual([summary.rttNs, summary.lossRatio, summary.received], [null, 1, 0]);
  });

  it('counts ICMP errors as loss: a dead target is not 0 %', () => {
    const samples = allocateSamples(4);
    for (let i = 0; i < 4; i += 1) {
      samples.seq[i] = i;
      samples.sentNs[i] = i * 10 * MS;
      samples.rttNs[i] = -1;
      samples.outcome[i] = i < 3 ? Outcomes.error : Outcomes.lost;
      samples.icmpType[i] = 3;
      samples.icmpCode[i] = 1;
      samples.router[i] = 1;
    }
    const bank = createDetectorBank([pathOf()], { thresholdNs: 100 * MS, waitNs: SECOND });
    bank.push({ ...takeSamples(samples, 4), routers: new Map([[1, '172.16.99.1']]) });
    bank.finish(3 * SECOND);
    const [summary] = bank.summaries();
    assert.deepEqual([summary?.errors, summary?.lost, summary?.lossRatio, summary?.coverage], [3, 1, 1, null]);
    assert.deepEqual(summary?.icmpErrors, [{ type: 3, code: 1, router: '172.16.99.1', probes: 3 }]);
  });

  it('keeps SYNs that the release of a stall lost out of the loss ratio', () => {
    // Each flow comes twice within the hold: the second SYN of a flow is dropped at the release.
    const options = { flows: 4, durationNs: 6 * SECOND, stalls: [hold(3000, 80)] };
    const summary = summarize({ ...options, isLost: (sent) => sent >= 3040 * MS && sent < 3080 * MS });
    assert.deepEqual([summary.stalls, summary.lost, summary.unanswerable, summary.lossRatio], [1, 4, 4, 0]);
  });

  it('says how many probes stand out below the threshold', () => {
    const delays = new Map([3000, 3300, 4000].map((at, i) => [at * MS, (40 + 5 * i) * MS]));
    const summary = summarize({ durationNs: 6 * SECOND, delayNs: (sent) => delays.get(sent) ?? 0 });
    assert.deepEqual([summary.stalls, summary.spikes, summary.slowBelowThreshold?.probes], [0, 0, 3]);
    assert.equal(summarize({ stalls: [hold(2000, 60)] }).slowBelowThreshold, undefined);
  });

  it('tells the times apart where replies are stamped in different places', () => {
    const later = 7 * MS;
    const isSocket = (sent: number): boolean => sent >= 1000 * MS && (sent / MS) % 40 === 0;
    const stream = buildStream({ durationNs: 10 * SECOND, delayNs: (sent) => (isSocket(sent) ? later : 0) });
    for (let i = 0; i < stream.samples.length; i += 1) {
      if (isSocket(stream.samples.sentNs[i] as number)) stream.samples.flags[i] = SampleFlags.socketReceivedStamp;
    }
    const summary = summaryOf(stream);
    const [driver, socket, ...more] = summary.rttByStamps ?? [];
    assert.deepEqual(
      [driver, socket].map((one) => [one?.received, one?.sentInUserSpace, one?.replies]),
      [
        ['driver', false, 775],
        ['socket', false, 225],
      ],
    );
    assert.deepEqual(more, []);
    assert.ok(driver !== undefined && driver.rttNs.max < later, JSON.stringify(driver));
    assert.ok(socket !== undefined && socket.rttNs.min >= later, JSON.stringify(socket));
    assert.equal(summary.rttNs?.max, socket.rttNs.max);
    assert.match(
      stampLines(summary).join(),
      /^rtt is of different stamps.*: 775 by the driver's receive stamp: p50\/p99/,
    );
  });

  it('tells them once where all are stamped alike, whatever with', () => {
    const stream = buildStream({ durationNs: SECOND });
    stream.samples.flags.fill(SampleFlags.userSentStamp | SampleFlags.userReceivedStamp);
    const summary = summaryOf(stream);
    assert.equal(summary.rttByStamps, undefined);
    assert.deepEqual(stampLines(summary), []);
  });

  it('leaves rate-limited probes out of the loss ratio', () => {
    const samples = allocateSamples(10);
    for (let i = 0; i < 10; i += 1) {
      samples.seq[i] = i;
      samples.sentNs[i] = i * SECOND;
      samples.rttNs[i] = i < 5 ? MS : -1;
      samples.outcome[i] = i < 5 ? Outcomes.reply : i < 9 ? Outcomes.rateLimited : Outcomes.lost;
    }
    const path = { name: 'local>node/udp', intervalNs: SECOND, flows: 1, protocol: 'udp', freshPerSecond: 0 } as const;
    const bank = createDetectorBank([path], { thresholdNs: 100 * MS, waitNs: SECOND });
    bank.push(takeSamples(samples, 10));
    bank.finish(12 * SECOND);
    const [summary] = bank.summaries();
    assert.deepEqual([summary?.sent, summary?.rateLimited, summary?.lost, summary?.lossRatio], [10, 4, 1, 1 / 6]);
  });

  it('gives RTT quantiles to 0.1 % and the send error', () => {
    const samples = allocateSamples(1_000);
    const path = { name: 'local>node/syn', intervalNs: 10 * MS, flows: 1, protocol: 'syn', freshPerSecond: 0 } as const;
    for (let i = 0; i < 1_000; i += 1) {
      samples.seq[i] = i;
      samples.dueNs[i] = i * 10 * MS;
      samples.sentNs[i] = i * 10 * MS + (i === 500 ? 3 * MS : 10 * US);
      samples.rttNs[i] = ((i * 7) % 1_000) * US + US;
    }
    const bank = createDetectorBank([path], { thresholdNs: 100 * MS, waitNs: SECOND });
    bank.push(samples);
    bank.finish(12 * SECOND);
    const [summary] = bank.summaries();
    const rtt = summary?.rttNs;
    assert.ok(summary && rtt);
    assert.deepEqual([rtt.min, rtt.max, rtt.mean, rtt.stddev], [1_000, 1_000_000, 500_500, 288_675]);
    for (const [actual, expected] of [
      [rtt.p50, 500_000],
      [rtt.p90, 900_000],
      [rtt.p99, 990_000],
      [rtt.p999, 999_000],
    ] as const) {
      assert.ok(Math.abs(actual / expected - 1) <= 0.001, `${actual} for ${expected}`);
    }
    assert.equal(summary.sendErrorNs.max, 3 * MS);
    assert.ok(Math.abs(summary.sendErrorNs.p50 / (10 * US) - 1) < 0.004);
  });

  const PERIODS: readonly [title: string, startsMs: readonly number[], periodMs: number | null][] = [
    ['ten stalls 3 s apart', [2, 5, 8, 11, 14, 17, 20, 23, 26, 29].map((s) => s * 1000), 3000],
    ['stalls 3 s apart within 50 ms', [2010, 4990, 8020, 11_050, 13_970, 17_000], 3000],
    ['stalls 3 s apart of which two are missing', [2, 5, 11, 14, 17, 23, 26, 29].map((s) => s * 1000), 3000],
    ['three stalls', [2000, 5000, 8000], null],
    ['stalls at random', [2000, 2500, 6100, 7300, 12_900, 14_700, 21_900, 24_200], null],
  ];
  for (const [title, startsMs, periodMs] of PERIODS) {
    it(`tells the period of ${title}: ${periodMs === null ? 'none' : `${periodMs} ms`}`, () => {
      const { stallPeriodNs, stalls } = summarize({
        durationNs: 32 * SECOND,
        stalls: startsMs.map((start) => hold(start, 140)),
      });
      assert.equal(stalls, startsMs.length);
      if (periodMs === null || stallPeriodNs === null) {
        assert.equal(stallPeriodNs, periodMs);
      } else {
        assert.ok(Math.abs(stallPeriodNs / (periodMs * MS) - 1) < 0.005, `${stallPeriodNs}`);
      }
    });
  }

  it('seldom takes stalls at random for a period: below 5 % of 500 runs of 8', () => {
    let taken = 0;
    for (let seed = 1; seed <= 500; seed += 1) {
      const random = seeded(seed);
      let at = 1000;
      const stalls = Array.from({ length: 8 }, () => {
        at += 300 - 3000 * Math.log(1 - random());
        return hold(Math.round(at), 140);
      });
      taken +=
        summarize({ seed, intervalNs: 40 * MS, durationNs: (at + 1000) * MS, stalls }).stallPeriodNs === null ? 0 : 1;
    }
    assert.ok(taken < 25, `${taken}`);
  });
});

describe('the smallest stall that is certain to be found', () => {
  const TABLE: readonly [title: string, visibility: Parameters<typeof detectableStallNs>[0], ms: number][] = [
    ['at 10 ms three probes', { stallNs: 20 * MS, intervalNs: 10 * MS }, 31],
    ['of at least 100 ms, as asked for', { stallNs: 100 * MS, intervalNs: 10 * MS }, 110],
    ['where 50 ms were missed', { stallNs: 20 * MS, intervalNs: 10 * MS, widestGapNs: 50 * MS }, 71],
    ['on a path with noise', { stallNs: 40 * MS, intervalNs: 10 * MS, leastHoldNs: 20 * MS }, 50],
    ['ping at 1 s', { stallNs: 2000 * MS, intervalNs: 1000 * MS }, 3001],
  ];
  for (const [title, visibility, ms] of TABLE) {
    it(`${title}: ${ms} ms`, () => {
      assert.equal(detectableStallNs(visibility), ms * MS);
    });
  }

  it('stands in the summary, and grows with a gap in coverage', () => {
    assert.equal(summarize({}).detectableStallNs, 31 * MS);
    const missed = summarize({ isMissed: (sent) => sent > 2000 * MS && sent < 2050 * MS });
    assert.equal(missed.detectableStallNs, 71 * MS);
    const lost = summarize({ isLost: (sent) => sent === 2000 * MS });
    assert.equal(lost.detectableStallNs, 41 * MS);
  });
});
