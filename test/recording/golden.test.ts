import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { records, rxray } from '../e2e/rxray.js';

interface Golden {
  readonly file: string;
  readonly samples: number;
  /** Of all samples, whatever the analysis makes of them. */
  readonly sumOfRttNs: number;
  readonly stalls: number;
  /** Of bisections: cause and machine. */
  readonly verdict?: readonly [cause: string, where: string];
}

/** Recordings of every released format version, made by make-golden.ts; they are never made anew. */
const GOLDEN: readonly Golden[] = [
  { file: 'v1/probe.rxr', samples: 500, sumOfRttNs: 5_387_203_591, stalls: 5 },
  { file: 'v1/probe.rxr.gz', samples: 500, sumOfRttNs: 5_387_203_591, stalls: 5 },
  { file: 'v1/probe.rxr.zst', samples: 500, sumOfRttNs: 5_387_203_591, stalls: 5 },
  { file: 'v1/cut.rxr', samples: 600, sumOfRttNs: 6_467_265_449, stalls: 6 },
  { file: 'v1/bisect.rxr.zst', samples: 3_692, sumOfRttNs: 8359515120, stalls: 33, verdict: ['rx-queue', 'node'] },
];

function golden(file: string): string {
  return fileURLToPath(new URL(`../../../test/fixtures/recordings/${file}`, import.meta.url));
}

for (const { file, samples, sumOfRttNs, stalls, verdict } of GOLDEN) {
  test(`${file}, which an earlier rxray recorded, is read and judged`, async () => {
    const { out, err, status } = await rxray('export', golden(file), '--csv');
    assert.equal(status, 0, err);
    const [head = '', ...lines] = out.trimEnd().split('\r\n');
    const column = head.split(',').indexOf('rttNs');
    assert.equal(lines.length, samples);
    assert.equal(
      lines.reduce((sum, line) => sum + Number(line.split(',')[column]), 0),
      sumOfRttNs,
    );
    const replayed = await rxray('replay', golden(file), '--json');
    assert.equal(replayed.err, '');
    const found = records<{ kind: string }>(replayed.out, 'finding').filter(({ kind }) => kind === 'stall');
    assert.equal(found.length, stalls);
    if (verdict === undefined) return;
    assert.equal(replayed.status, 1);
    const [last] = records<{ cause: string; where: string }>(replayed.out, 'verdict');
    assert.deepEqual([last?.cause, last?.where], verdict);
  });
}
