import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDetectorBank } from '../../src/detect/detector-bank.js';
import { synRetransmitsNs } from '../../src/engines/connect/retransmission.js';
import type { Finding } from '../../src/model/finding.js';
import { allocateSamples, Outcomes, REPLIES, type Reply } from '../../src/model/sample.js';
import { MS, SECOND } from '../../src/model/time.js';

const INTERVAL_NS = 10 * MS;
const USUAL_NS = 0.4 * MS;
const WAIT_NS = SECOND;
const CLASSIC = [1 * SECOND, 3 * SECOND, 7 * SECOND];

/** Connects every 10 ms for some seconds; `rtt` tells what each took. */
function findings(
  rtt: (seq: number, sentNs: number) => number,
  options: { readonly instantsNs?: readonly number[]; readonly protocol?: 'syn' | 'icmp'; readonly reply?: Reply } = {},
): Finding[] {
  const { instantsNs = CLASSIC, protocol = 'syn', reply = 'none' } = options;
  const flows = protocol === 'syn' ? 4 : 1;
  const path = { name: `a>b/${protocol}`, protocol, intervalNs: INTERVAL_NS, flows, freshPerSecond: 0 };
  const bank = createDetectorBank([path], { thresholdNs: 100 * MS, waitNs: WAIT_NS });
  bank.expectRetransmits(instantsNs);
  const events = Array.from({ length: 1_500 }, (_, seq) => {
    const sentNs = seq * INTERVAL_NS;
    const rttNs = rtt(seq, sentNs);
    const answered = {
      atNs: sentNs + rttNs,
      seq,
      sentNs,
      rttNs,
      outcome: rttNs > WAIT_NS ? Outcomes.late : Outcomes.reply,
    };
    return rttNs > WAIT_NS
      ? [{ ...answered, atNs: sentNs + WAIT_NS, rttNs: -1, outcome: Outcomes.lost }, answered]
      : [answered];
  })
    .flat()
    .sort((a, b) => a.atNs - b.atNs);
  const found: Finding[] = [];
  for (const { atNs, seq, sentNs, rttNs, outcome } of events) {
    const samples = allocateSamples(1);
    samples.seq[0] = seq;
    samples.flow[0] = seq % flows;
    samples.dueNs[0] = samples.sentNs[0] = sentNs;
    samples.rttNs[0] = rttNs;
    samples.outcome[0] = outcome;
    samples.reply[0] = rttNs < 0 ? 0 : REPLIES.indexOf(reply);
    found.push(...bank.push(samples), ...bank.advance(atNs));
  }
  return [...found, ...bank.finish(30 * SECOND)];
}

const summary = ({ kind, startMax, release, probes, flowsHit }: Finding) => ({
  kind,
  startMax,
  release,
  probes,
  flowsHit,
});

test('answers after 1, 3 and 7 s are SYN retransmissions: no spike, no stall, no loss', () => {
  const repeated = new Map([
    [200, 1 * SECOND + 20 * MS],
    [500, 3 * SECOND + 40 * MS],
    [800, 7 * SECOND + 250 * MS],
  ]);
  const found = findings((seq) => repeated.get(seq) ?? USUAL_NS);
  assert.deepEqual(found.map(summary), [
    { kind: 'syn-retransmission', startMax: 2_000 * MS, release: 2_000 * MS, probes: 1, flowsHit: [0] },
    { kind: 'syn-retransmission', startMax: 5_000 * MS, release: 5_000 * MS, probes: 1, flowsHit: [0] },
    { kind: 'syn-retransmission', startMax: 8_000 * MS, release: 8_000 * MS, probes: 1, flowsHit: [0] },
  ]);
});

test('SYNs that were lost one after the other are one finding with all their flows', () => {
  const found = findings((seq) => (seq >= 300 && seq < 320 ? SECOND + 12 * MS : USUAL_NS));
  assert.deepEqual(found.map(summary), [
    { kind: 'syn-retransmission', startMax: 3_000 * MS, release: 3_190 * MS, probes: 20, flowsHit: [0, 1, 2, 3] },
  ]);
});

test('a loss without end is told in pieces, and nothing of it is kept', () => {
  const found = findings(() => SECOND + 12 * MS);
  assert.deepEqual(new Set(found.map(({ kind }) => kind)), new Set(['syn-retransmission']));
  assert.equal(
    found.reduce((sum, { probes }) => sum + probes, 0),
    1_500,
  );
  assert.ok(found.length > 1);
});

test('an RTT between the retransmissions is judged like any other', () => {
  const found = findings((seq) => (seq === 400 ? 600 * MS : seq === 700 ? 2 * SECOND : USUAL_NS));
  assert.deepEqual(
    found.map(({ kind }) => kind),
    ['rtt-spike', 'rtt-spike'],
  );
});

test('a stall longer than a second stays a stall, its probes that waited 1.0 s included', () => {
  const [from, until] = [4 * SECOND, 5.3 * SECOND];
  const found = findings((_, sentNs) => (sentNs >= from && sentNs < until ? until - sentNs + USUAL_NS : USUAL_NS));
  assert.deepEqual(
    found.map(({ kind }) => kind),
    ['stall'],
  );
  assert.equal(found[0]?.release, until + USUAL_NS);
});

test('a SYN-ACK that its sender repeats after 1, 3 or 7 s was lost before; a RST is never repeated', () => {
  const rtt = new Map([
    [200, 1 * SECOND + 27 * MS],
    [500, 3 * SECOND + 43 * MS],
    [800, 7 * SECOND + 291 * MS],
  ]);
  const kinds = (reply: Reply) =>
    findings((seq) => rtt.get(seq) ?? USUAL_NS, { instantsNs: [], reply }).map(({ kind }) => kind);
  assert.deepEqual(kinds('syn-ack'), ['syn-retransmission', 'syn-retransmission', 'syn-retransmission']);
  assert.deepEqual(kinds('rst'), ['rtt-spike', 'rtt-spike', 'rtt-spike']);
});

test('where nothing is repeated, an answer after a second is a spike; so is one of ICMP', () => {
  const late = (seq: number) => (seq === 200 ? SECOND + 20 * MS : USUAL_NS);
  for (const found of [findings(late, { instantsNs: [] }), findings(late, { protocol: 'icmp' })])
    assert.deepEqual(
      found.map(({ kind }) => kind),
      ['rtt-spike'],
    );
});

test('the kernel repeats a SYN after 1, 3 and 7 s, or first every second where it is set so', () => {
  const seconds = (linear: number) => synRetransmitsNs(8 * SECOND, linear).map((ns) => ns / SECOND);
  assert.deepEqual(seconds(0), [1, 3, 7]);
  assert.deepEqual(seconds(4), [1, 2, 3, 4, 5, 7]);
  assert.deepEqual(seconds(1), [1, 2, 4, 8]);
});

test('a name that was answered when it was asked for again is a loss around its send, not a hold of five seconds', () => {
  const interval = 100 * MS;
  const path = { name: 'a>b/dns', protocol: 'dns' as const, intervalNs: interval, flows: 1, freshPerSecond: 0 };
  const bank = createDetectorBank([path], { thresholdNs: 100 * MS, waitNs: 10 * SECOND });
  const found: Finding[] = [];
  const answers = Array.from({ length: 120 }, (_, seq) => ({ seq, rttNs: seq === 40 ? 5 * SECOND + MS : MS })).sort(
    (a, b) => a.seq * interval + a.rttNs - b.seq * interval - b.rttNs,
  );
  for (const { seq, rttNs } of answers) {
    const samples = allocateSamples(1);
    samples.seq[0] = seq;
    samples.flow[0] = 0xffff;
    samples.dueNs[0] = samples.sentNs[0] = seq * interval;
    samples.rttNs[0] = rttNs;
    samples.outcome[0] = Outcomes.reply;
    const again = rttNs > SECOND;
    const detail = { phases: { 'first-byte': rttNs }, reached: 'done', status: 0, bytes: 0 } as const;
    const request = { ...detail, reused: false, retried: false, queries: again ? 3 : 2, unanswered: again ? 1 : 0 };
    found.push(
      ...bank.push({ ...samples, requests: new Map([[0, request]]) }),
      ...bank.advance(seq * interval + rttNs),
    );
  }
  found.push(...bank.finish(20 * SECOND));
  assert.deepEqual(
    found.map(({ kind, startMax, release, probes }) => ({ kind, startMax, release, probes })),
    [{ kind: 'loss-episode', startMax: 3_950 * MS, release: 4_050 * MS, probes: 1 }],
  );
});
