import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { createDetectorBank } from '../../src/detect/detector-bank.js';
import { parseHpingText } from '../../src/imports/text/hping-text.js';
import type { Finding } from '../../src/model/finding.js';
import { MS, SECOND } from '../../src/model/time.js';

/** Tests run from wherever they were compiled to; the fixtures stay in the source tree. */
const FIXTURES = 'test/fixtures/github-2019';

function findIn(name: string, thresholdMs: number): Finding[] {
  const hping = parseHpingText(readFileSync(`${FIXTURES}/${name}.hping.txt`, 'utf8'));
  const intervalNs = hping.measuredIntervalNs ?? hping.intervalNs;
  const bank = createDetectorBank(
    [{ name, intervalNs, flows: 1, protocol: hping.protocol, freshPerSecond: 0, censored: hping.censored }],
    { thresholdNs: thresholdMs * MS, waitNs: SECOND },
  );
  return [...bank.push(hping.samples), ...bank.finish(1000 * SECOND)];
}

/** `kind probes@peak`, the way one reads it off the printed lines. */
function asRead(findings: readonly Finding[]): string[] {
  return findings.map((finding) => `${finding.kind} ${finding.probes}@${(finding.peakRttNs / MS).toFixed(1)}`);
}

const READ_BY_EYE: readonly [name: string, thresholdMs: number, findings: readonly string[]][] = [
  ['node-icmp-from-node', 100, ['stall 5@140.9', 'stall 4@134.2']],
  ['overlay-icmp-from-node', 100, ['rtt-spike 1@110.0', 'stall 5@141.3', 'stall 3@126.8', 'rtt-spike 1@106.1']],
  ['overlay-syn-from-node', 100, ['stall 3@127.3']],
  ['nodeport-syn-from-shell', 100, ['stall 3@127.1', 'rtt-spike 1@104.1', 'rtt-spike 1@109.2', 'rtt-spike 1@109.2']],
  ['node-syn-from-shell', 100, ['rtt-spike 1@108.5', 'rtt-spike 1@119.4', 'rtt-spike 1@139.9', 'rtt-spike 1@131.2']],
  ['node-icmp-late-example', 50, ['stall 5@99.3', 'stall 3@75.7']],
  ['external-syn-from-node', 100, []],
];

describe('the measurements of 2019 read as by eye', () => {
  for (const [name, thresholdMs, expected] of READ_BY_EYE) {
    it(`${name}: ${expected.join(', ') || 'nothing'}`, () => {
      assert.deepEqual(asRead(findIn(name, thresholdMs)), expected);
    });
  }

  it('node-icmp-from-node: slope -1, 0.2 ms of spread, began at most one interval before the first printed', () => {
    const [stall] = findIn('node-icmp-from-node', 100);
    assert.equal(stall?.kind, 'stall');
    assert.ok(Math.abs(stall.slope + 1) < 0.005, `${stall.slope}`);
    assert.ok(stall.fit > 0.9999, `${stall.fit}`);
    assert.ok(stall.releaseSpreadNs <= 0.2 * MS, `${stall.releaseSpreadNs}`);
    assert.equal(stall.startMax - stall.startMin, 10_028_571, 'the interval as the decay of the runs shows it');
    assert.deepEqual([stall.flowsHit, stall.flowsExposed, stall.order], [[0], [], 'unknown']);
  });

  it('nodeport-syn-from-shell: probes from new ports belong to no flow', () => {
    assert.deepEqual(findIn('nodeport-syn-from-shell', 100)[0]?.flowsHit, []);
  });

  it('a lower threshold of the user does not make singles stalls', () => {
    assert.deepEqual(new Set(findIn('node-syn-from-shell', 20).map((finding) => finding.kind)), new Set(['rtt-spike']));
  });
});
