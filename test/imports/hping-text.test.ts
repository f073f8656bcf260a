import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { type HpingText, parseHpingText } from '../../src/imports/text/hping-text.js';
import { FRESH_FLOW, FRESH_SEQ_BIT, Outcomes, REPLIES, SampleFlags } from '../../src/model/sample.js';
import { MS, SECOND } from '../../src/model/time.js';

const fixture = (name: string): HpingText =>
  parseHpingText(readFileSync(`test/fixtures/github-2019/${name}.hping.txt`, 'utf8'));

/** ICMP lines as hping3 prints them. */
const lines = (...probes: readonly [seq: number, rttMs: number][]): string =>
  probes
    .map(([seq, rtt]) => `len=46 ip=172.16.47.27 ttl=61 id=${seq} icmp_seq=${seq} rtt=${rtt.toFixed(1)} ms`)
    .join('\n');

const COMMANDS: readonly [name: string, expected: Partial<HpingText>][] = [
  ['node-icmp-from-node', { target: '172.16.47.27', port: null, protocol: 'icmp', freshPorts: false, censored: true }],
  [
    'nodeport-syn-from-shell',
    { target: '172.16.47.27', port: 30927, protocol: 'syn', freshPorts: true, censored: true },
  ],
  ['overlay-syn-from-node', { target: '10.125.20.64', port: null, protocol: 'syn', freshPorts: true, censored: true }],
  ['node-icmp-late-example', { target: null, protocol: 'icmp', intervalNs: 10 * MS, censored: true }],
  ['external-syn-from-node', { target: '172.16.33.44', port: 9876, protocol: 'syn', intervalNs: 10 * MS }],
];

describe('printed output of hping3', () => {
  for (const [name, expected] of COMMANDS) {
    it(`${name}: says what was measured`, () => {
      const parsed = fixture(name);
      for (const [field, value] of Object.entries(expected)) {
        assert.equal(parsed[field as keyof HpingText], value, field);
      }
    });
  }

  it('becomes samples: send instants from seq, 0.1 ms of RTT, the reply and its TTL', () => {
    const { samples } = fixture('nodeport-syn-from-shell');
    assert.equal(samples.length, 6);
    assert.deepEqual(
      [samples.seq[0], samples.flow[0], samples.sentNs[0], samples.rttNs[0], samples.outcome[0], samples.ttl[0]],
      [FRESH_SEQ_BIT + 1485, FRESH_FLOW, 14_850 * MS, 127.1 * MS, Outcomes.reply, 59],
    );
    assert.equal(REPLIES[samples.reply[0] as number], 'syn-ack');
    assert.equal(REPLIES[fixture('overlay-syn-from-node').samples.reply[0] as number], 'rst');
    assert.equal(REPLIES[fixture('overlay-icmp-from-node').samples.reply[0] as number], 'echo');
  });

  it('shows its real interval in the decay of the stalls', () => {
    assert.equal(fixture('node-icmp-late-example').measuredIntervalNs, 10_066_667);
    assert.equal(fixture('node-syn-from-shell').measuredIntervalNs, null);
  });

  it('has a summary, whose maximum may be an artefact', () => {
    const { summary, artefacts, samples } = fixture('external-syn-from-node');
    assert.deepEqual(summary, {
      transmitted: 22_352,
      received: 22_350,
      rttNs: { min: 0.2 * MS, avg: 7.6 * MS, max: 1010.6 * MS },
    });
    assert.deepEqual(artefacts, [{ kind: 'plus-one-second', seq: null, rttNs: 1010.6 * MS }]);
    assert.equal(samples.length, 0);
  });

  it('labels a lone RTT of one second and keeps it out of judgement', () => {
    const { artefacts, samples } = parseHpingText(lines([5, 0.3], [6, 1000.4], [7, 0.3]));
    assert.deepEqual(artefacts, [{ kind: 'plus-one-second', seq: 6, rttNs: 1000.4 * MS }]);
    assert.deepEqual(
      [0, 1, 2].map((i) => ((samples.flags[i] as number) & SampleFlags.clockStep) !== 0),
      [false, true, false],
    );
  });

  it('leaves a delay of one second alone where other probes share its release', () => {
    assert.deepEqual(parseHpingText(lines([6, 1010.4], [7, 1000.4], [8, 990.4])).artefacts, []);
  });

  it('labels the 0.0 ms of a reply that hping3 had forgotten', () => {
    assert.deepEqual(parseHpingText(lines([6, 0])).artefacts, [{ kind: 'forgotten', seq: 6, rttNs: 0 }]);
  });

  it('takes gaps for losses only where all lines were printed', () => {
    const gap = lines([0, 0.3], [1, 0.3], [4, 0.3]);
    const filtered = parseHpingText(`$ hping3 10.0.0.1 --icmp -i u10000 | egrep rtt\n${gap}`);
    assert.deepEqual([filtered.censored, filtered.samples.length], [true, 3]);
    const full = parseHpingText(`$ hping3 10.0.0.1 --icmp -i u10000\n${gap}`);
    assert.deepEqual([full.censored, full.samples.length], [false, 5]);
    assert.deepEqual([...full.samples.outcome.subarray(3)], [Outcomes.lost, Outcomes.lost]);
    assert.deepEqual([...full.samples.seq.subarray(3)], [2, 3]);
  });

  it('knows intervals in microseconds and seconds, and the default of one second', () => {
    const interval = (options: string): number =>
      parseHpingText(`$ hping3 10.0.0.1 --icmp ${options}\n${lines([0, 0.3])}`).intervalNs;
    assert.deepEqual([interval('-i u5000'), interval('-i 2'), interval('')], [5 * MS, 2 * SECOND, SECOND]);
  });

  it('leaves duplicates out and counts them', () => {
    const { samples, duplicates } = parseHpingText(`${lines([0, 0.3])}\nDUP! ${lines([0, 0.4])}`);
    assert.deepEqual([samples.length, duplicates], [1, 1]);
  });

  it('is refused where it is something else', () => {
    assert.throws(() => parseHpingText('PING 10.0.0.1 56 bytes of data'), { code: 'E_NOT_HPING' });
  });
});
