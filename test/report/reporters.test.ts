import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordSchema } from '../../src/commands/schema.js';
import type { ReportFormat } from '../../src/model/report-format.js';
import { createReporter } from '../../src/report/probe/create-reporter.js';
import { qualityDoubts } from '../../src/report/probe/text-reporter.js';
import { statusLine } from '../../src/report/progress/status-line.js';
import { quality, run, samples, stall, summary } from './build-run.js';

function print(format: ReportFormat, quiet = false): string {
  const reporter = createReporter(format, { quiet, zone: 'UTC' });
  return (
    reporter.start(run) +
    reporter.samples(samples()) +
    reporter.finding(stall) +
    reporter.end({ summaries: [summary], quality, durationNs: 60_012_000_000 })
  );
}

test('text: heading, finding, statistics in the form of ping, stall table, what would have been seen', () => {
  assert.equal(
    print('text'),
    `local>172.16.47.27:30927/syn: every 10 ms, 16 flows + 5 fresh ports/s from 172.16.99.10 (eth0)
from 2026-11-22 01:14:33.411 UTC; the kernel's time stamps; footprint 105 packets/s, about 616 conntrack entries; threshold 100 ms
01:14:34.543 UTC  ■ stall        local>172.16.47.27:30927/syn  126.8 ms (±5 ms), 13 probes held until one instant, 3 above 100.0 ms, peak 122.1 ms, fit 0.999; flows 3 7-9 held, 12 of 16 passed

--- local>172.16.47.27:30927/syn statistics ---
22352 packets transmitted, 22350 received, 0.00894775% packet loss, time 60012 ms
rtt min/avg/max/mdev = 0.104/0.219/127.104/2.400 ms
rtt p50/p90/p99/p99.9 = 0.200/0.300/0.400/60.000 ms
1 stall, 0 spikes above 100 ms
a stall of the whole host would have been seen with 95 % from 31 ms on
16 flows cross a given one of 8 receive queues with 88.2 %; of its stalls one of 140 ms is seen with 31.0 %
send error p50 12 µs, p99 45 µs, max 310 µs

--- stalls ---
start             release           length ms    ±  held  peak ms    fit  flows held
01:14:34.416 UTC  01:14:34.543 UTC      126.8  5.0    13    122.1  0.999  3 7-9

measured with the kernel's time stamps, 9 µs of CPU per probe
`,
  );
});

test('text: on a long path the length of a stall is how long packets were held', () => {
  const reporter = createReporter('text', { quiet: false, zone: 'UTC' });
  reporter.start(run);
  const far = { ...stall, durationNs: 245_000_000, peakRttNs: 240_000_000, excessNs: 140_000_000 };
  assert.match(reporter.finding(far), / 145\.0 ms \(±5 ms\), /);
});

test('text, quiet: only the end', () => {
  const text = print('text', true);
  assert.match(text, /^\n--- local>172/);
  assert.match(text, /--- stalls ---/);
});

test('every ndjson line is valid by the schema that rxray prints', () => {
  const lines = print('ndjson').trimEnd().split('\n');
  assert.equal(lines.length, 1 + 4 + 1 + 1 + 1);
  for (const line of lines) recordSchema.parse(JSON.parse(line));
  assert.deepEqual(JSON.parse(lines[1] ?? ''), {
    type: 'sample',
    path: 'local>172.16.47.27:30927/syn',
    seq: 1485,
    flow: 13,
    due: 0,
    sent: 12_000,
    outcome: 'reply',
    reply: 'syn-ack',
    rttNs: 127_104_321,
    ttl: 59,
  });
  assert.deepEqual(JSON.parse(lines[3] ?? ''), {
    type: 'sample',
    path: 'local>172.16.47.27:30927/syn',
    seq: 7,
    flow: null,
    due: 20_000_000,
    sent: 20_012_000,
    outcome: 'reply',
    reply: 'rst',
    rttNs: 204_000,
    ttl: 59,
    flags: ['userSentStamp'],
  });
});

test('json is one document with findings and summaries, without samples', () => {
  const document = JSON.parse(print('json'));
  assert.equal(document.type, 'run');
  assert.equal(document.findings.length, 1);
  assert.equal(document.summaries[0].received, 22_350);
  assert.equal(document.durationNs, 60_012_000_000);
});

test('hping: lines that the famous egrep finds, none for losses', () => {
  const lines = print('hping').split('\n');
  assert.equal(lines[0], 'ip=172.16.47.27 ttl=59 sport=30927 flags=SA seq=1485 rtt=127.104 ms');
  assert.equal(lines[1], 'ip=172.16.47.27 ttl=59 sport=30927 flags=RA seq=7 rtt=0.204 ms');
  assert.equal(lines.filter((line) => /rtt=[0-9]{3}\./.test(line)).length, 1);
  assert.ok(lines.includes('22352 packets transmitted, 22350 packets received, 0.00894775% packet loss'));
});

test('csv: a title, then absolute instants', () => {
  assert.deepEqual(print('csv').split('\r\n').slice(0, 3), [
    'path,seq,flow,due,sent,outcome,reply,rttNs,ttl,icmpType,icmpCode,router,txDelayNs,errno',
    'local>172.16.47.27:30927/syn,1485,13,1795310073411000000,1795310073411012000,reply,syn-ack,127104321,59,,,,,',
    'local>172.16.47.27:30927/syn,1486,14,1795310073421000000,1795310073421012000,lost,,,,,,,,',
  ]);
});

test('every doubt about a run has its sentence, and a good run has none', () => {
  assert.deepEqual(qualityDoubts(quality), []);
  const bad = {
    ...quality,
    pauses: 2,
    longestPauseNs: 150_000_000,
    missedSlots: 15,
    stealNs: 3_000_000,
    clockSteps: 1,
    kernelDrops: 4,
    droppedRecords: 5,
    sentStampsMissing: 6,
    forged: 7,
    end: 'cut-off' as const,
  };
  assert.deepEqual(qualityDoubts(bad), [
    'the prober itself paused 2 times, the longest for 150 ms; 15 slots never sent; the hypervisor took 3 ms',
    'the system clock stepped 1 time; probes across a step are left out',
    'the kernel dropped 4 packets before the prober read them: losses may be ours',
    '5 samples dropped because the output was not read fast enough',
    "6 probes lack the kernel's transmit stamp",
    '7 packets to our own ports or identifiers had a wrong key and answered none of our probes: somebody else probes from the same address with the same numbers (another prober behind the same masquerade), or forges replies',
    'the prober ended early: what it had not reported is missing',
  ]);
});

test('the status line keeps to the width of the terminal', () => {
  assert.equal(
    statusLine([summary], 61_200_000_000, 200),
    '1 min 1 s · 22352 sent · 2 lost · p50 0.200 ms, p99 0.400 ms · max 127.1 ms · 1 stall · 0 spikes',
  );
  assert.equal(statusLine([summary], 61_200_000_000, 30).length, 29);
});
