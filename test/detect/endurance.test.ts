import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDetectorBank } from '../../src/detect/detector-bank.js';
import { allocateSamples } from '../../src/model/sample.js';
import { MS, SECOND, US } from '../../src/model/time.js';
import { logNormal, pathOf, seeded } from './build-stream.js';

const BATCH = 10_000;
const SAMPLES = 5_000_000;

describe('over 5 million samples', () => {
  it('log-normal jitter of 0.1 to 2 ms gives no finding, and memory does not grow', () => {
    const bank = createDetectorBank([pathOf({ flows: 16 })], { thresholdNs: 100 * MS, waitNs: SECOND });
    const samples = allocateSamples(BATCH);
    const random = seeded(7);
    // Normal deviates are slow to make: a table of them, read at random places.
    const jitter = Float64Array.from({ length: 65_536 }, () => logNormal(random, 300 * US, 0.7));
    const used: number[] = [];
    let findings = 0;
    for (let i = 0; i < SAMPLES; i += BATCH) {
      for (let j = 0; j < BATCH; j += 1) {
        const sentNs = (i + j) * 10 * MS;
        samples.seq[j] = i + j;
        samples.flow[j] = (i + j) % 16;
        samples.dueNs[j] = sentNs;
        samples.sentNs[j] = sentNs;
        samples.rttNs[j] = Math.round(200 * US + (jitter[(random() * 65_536) | 0] as number));
      }
      findings += bank.push(samples).length;
      if (i % (SAMPLES / 10) === 0) {
        globalThis.gc?.();
        const { heapUsed, arrayBuffers } = process.memoryUsage();
        used.push(heapUsed + arrayBuffers);
      }
    }
    findings += bank.finish(SAMPLES * 10 * MS).length;
    assert.equal(findings, 0);
    assert.equal(bank.summaries()[0]?.received, SAMPLES);
    const grown = Math.min(...used.slice(-3)) - Math.max(...used.slice(1, 4));
    assert.ok(grown < 4_000_000, `${grown} bytes: ${used.map((bytes) => (bytes / 1e6).toFixed(1))} MB`);
  });

  it('an outage of a day keeps its losses in bounds and is one episode', () => {
    const bank = createDetectorBank([pathOf()], { thresholdNs: 100 * MS, waitNs: SECOND });
    const samples = allocateSamples(BATCH);
    const total = 8_640_000;
    for (let i = 0; i < total; i += BATCH) {
      for (let j = 0; j < BATCH; j += 1) {
        samples.seq[j] = i + j;
        samples.sentNs[j] = (i + j) * 10 * MS;
        samples.dueNs[j] = (i + j) * 10 * MS;
        samples.rttNs[j] = -1;
        samples.outcome[j] = 2;
      }
      bank.push(samples);
    }
    globalThis.gc?.();
    assert.ok(process.memoryUsage().heapUsed < 60_000_000, `${process.memoryUsage().heapUsed}`);
    const findings = bank.finish(total * 10 * MS + 2 * SECOND);
    assert.deepEqual(
      findings.map((finding) => [finding.kind, finding.probes]),
      [['loss-episode', total]],
    );
  });
});
