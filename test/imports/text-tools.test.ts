import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { importText, toolOf } from '../../src/imports/text/import-text.js';
import { textLines } from '../../src/imports/text/text-lines.js';
import type { TextSeries } from '../../src/imports/text/text-series.js';
import { OUTCOMES, REPLIES } from '../../src/model/sample.js';
import { MS, SECOND } from '../../src/model/time.js';

const fixture = (name: string): string => readFileSync(`test/fixtures/imports/${name}.txt`, 'latin1');
const read = (text: string, intervalNs?: number): TextSeries[] => [
  ...importText('file', textLines(text), { waitNs: SECOND, intervalNs }).series,
];
const only = (text: string, intervalNs?: number): TextSeries => {
  const series = read(text, intervalNs);
  assert.equal(series.length, 1);
  return series[0] as TextSeries;
};

/** `seq outcome rtt` of each sample, in ms. */
const told = ({ samples }: TextSeries): string[] =>
  Array.from({ length: samples.length }, (_, i) => {
    const rttNs = samples.rttNs[i] as number;
    return `${samples.seq[i]} ${OUTCOMES[samples.outcome[i] as number]}${rttNs < 0 ? '' : ` ${rttNs / MS}`}`;
  });
const count = (series: TextSeries, outcome: string): number =>
  told(series).filter((one) => one.includes(` ${outcome}`)).length;
const notes = (series: TextSeries): string => series.notes.join('\n');

describe('whose text it is', () => {
  const FILES: readonly [file: string, tool: string][] = [
    ['ping', 'ping'],
    ['busybox', 'ping'],
    ['fping-default', 'fping'],
    ['fping-vector', 'fping'],
    ['nping-icmp', 'nping'],
    ['nping-connect', 'nping'],
    ['hping-icmp', 'hping'],
    ['hping-syn', 'hping'],
  ];
  for (const [file, tool] of FILES)
    it(`${file} is of ${tool}`, () => assert.equal(toolOf(textLines(fixture(file))), tool));

  it('anything else is nobody’s, and refused', () => {
    assert.equal(toolOf(textLines('Dear all,\nthe network is slow.\n')), undefined);
    assert.throws(() => read('Dear all,\n'), { code: 'E_IMPORT_FORMAT' });
  });
});

const HEADER = 'PING 10.0.0.1 (10.0.0.1) 56(84) bytes of data.';
const line = (seq: number, ms: string, stamp = ''): string =>
  `${stamp}64 bytes from 10.0.0.1: icmp_seq=${seq} ttl=63 time=${ms} ms`;
const END = (sent: number, received: number, ms: number): string =>
  `\n--- 10.0.0.1 ping statistics ---\n${sent} packets transmitted, ${received} received, 1% packet loss, time ${ms}ms\nrtt min/avg/max/mdev = 1/1/1/1 ms`;

describe('what ping printed', () => {
  it('-D -O: every probe, when it was sent, and what ping did to the evidence', () => {
    const series = only(fixture('ping'));
    assert.deepEqual(
      [series.target, series.protocol, series.samples.length, series.duplicates],
      ['172.16.47.27', 'icmp', 250, 0],
    );
    assert.deepEqual([count(series, 'reply'), count(series, 'lost')], [250, 0]);
    assert.equal(series.epochNs, 1_795_335_199_000_000_000n);
    assert.ok(Math.abs(series.intervalNs - 16 * MS) < 0.2 * MS, `${series.intervalNs}`);
    assert.match(notes(series), /10 RTTs from 100 ms up were printed in whole milliseconds/);
    assert.match(notes(series), /"no answer yet" \(30 times\) means late or lost/);
  });

  it('busybox: numbers from 0 on, an interval that nobody tells', () => {
    const series = only(fixture('busybox'));
    assert.deepEqual(
      told(series).map((one) => one.split(' ').slice(0, 2).join(' ')),
      ['0 reply', '1 reply'],
    );
    assert.equal(series.intervalNs, SECOND);
    assert.match(notes(series), /ping's default, as nothing tells/);
  });

  it('the interval is that of the summary where lines have no times', () => {
    const text = [HEADER, line(1, '1.0'), line(2, '1.0'), line(3, '1.0'), END(3, 3, 40)].join('\n');
    const series = only(text);
    assert.deepEqual([series.intervalNs, [...series.samples.sentNs]], [20 * MS, [0, 20 * MS, 40 * MS]]);
    assert.match(notes(series), /by the summary/);
    assert.equal(only(text, 5 * MS).intervalNs, 5 * MS, 'unless the user says it');
  });

  it('else that of its stalls: the RTT falls by one interval a probe', () => {
    const series = only(
      [HEADER, line(1, '0.2'), line(2, '141'), line(3, '131'), line(4, '121'), line(5, '111')].join('\n'),
    );
    assert.equal(series.intervalNs, 10 * MS);
  });

  it('what never came is lost; at the end it is in flight', () => {
    const series = only([HEADER, line(1, '1.0'), line(2, '1.0'), line(5, '1.0'), END(7, 3, 60)].join('\n'));
    assert.deepEqual(told(series).sort(), ['1 reply 1', '2 reply 1', '3 lost', '4 lost', '5 reply 1']);
    assert.equal(series.inFlight, 2);
  });

  it('"no answer yet" is no loss when the answer comes', () => {
    const series = only(
      [HEADER, line(1, '1.0'), 'no answer yet for icmp_seq=2', line(2, '141'), line(3, '131'), END(3, 3, 20)].join(
        '\n',
      ),
    );
    assert.deepEqual([count(series, 'lost'), count(series, 'reply')], [0, 3]);
  });

  it('numbers begin again after 65,535', () => {
    const series = only(
      [HEADER, line(65_534, '1.0'), line(65_535, '1.0'), line(0, '1.0'), line(1, '1.0'), END(4, 4, 30)].join('\n'),
    );
    assert.deepEqual(told(series), ['65534 reply 1', '65535 reply 1', '65536 reply 1', '65537 reply 1']);
  });

  it('duplicates are counted, errors are errors, and a reply after the wait is late', () => {
    const series = only(
      [
        HEADER,
        line(1, '1.0'),
        `${line(1, '2.0')} (DUP!)`,
        'From 10.0.0.9 icmp_seq=2 Destination Host Unreachable',
        line(3, '1500'),
        END(3, 2, 20),
      ].join('\n'),
    );
    assert.deepEqual([told(series).sort(), series.duplicates], [['1 reply 1', '2 error', '3 late 1500'], 1]);
  });

  it('IPv6, names, and the other form of macOS', () => {
    assert.equal(only('PING ::1(::1) 56 data bytes\n64 bytes from ::1: icmp_seq=1 ttl=64 time=0.016 ms').target, '::1');
    assert.equal(only('64 bytes from a.example (10.0.0.3): icmp_seq=1 ttl=64 time=0.016 ms').target, '10.0.0.3');
    const mac =
      'PING 10.0.0.4 (10.0.0.4): 56 data bytes\nRequest timeout for icmp_seq 0\n64 bytes from 10.0.0.4: icmp_seq=1 ttl=64 time=0.1 ms';
    assert.equal(only(mac).target, '10.0.0.4');
  });

  it('lines that are not ping’s are told with their number; a text without an end too', () => {
    const series = only([HEADER, line(1, '1.0'), 'hello', line(2, '1.0')].join('\n'));
    assert.match(notes(series), /1 line was not understood, the first is line 3/);
    assert.match(notes(series), /ends without ping's summary/);
  });
});

describe('what fping printed', () => {
  it('with its default timeout a stall reads as losses, and the notes say why', () => {
    const series = only(fixture('fping-default'));
    assert.deepEqual([series.samples.length, count(series, 'lost')], [250, 36]);
    assert.match(notes(series), /36 probes of 172.16.47.27 timed out: fping throws away every reply/);
    assert.match(notes(series), /36 of 250 lost, which fping rounds down to 14 %/);
  });

  it('with -t 1000 every delay is there', () => {
    const series = only(fixture('fping-late'));
    assert.deepEqual([series.samples.length, count(series, 'lost')], [250, 0]);
    assert.equal(Math.max(...series.samples.rttNs), 136 * MS);
    assert.match(notes(series), /8 RTTs from 100 ms up were printed in whole milliseconds/);
  });

  it('targets are series of their own', () => {
    const text = [
      '[1795332751.33546] 127.0.0.1 : [0], 64 bytes, 0.015 ms (0.015 avg, 0% loss)',
      '[1795332751.34565] 127.0.0.2 : [0], 64 bytes, 0.016 ms (0.016 avg, 0% loss)',
      '[1795332751.35574] 127.0.0.1 : [1], 64 bytes, 0.015 ms (0.015 avg, 0% loss)',
      '[1795332751.36587] 127.0.0.2 : [1], timed out (0.016 avg, 50% loss)',
    ].join('\n');
    const series = read(text);
    assert.deepEqual(
      series.map(({ target }) => target),
      ['127.0.0.1', '127.0.0.2'],
    );
    assert.equal(series[0]?.samples.sentNs[0], 335_460_000 - 15_000);
    assert.equal(series[0]?.intervalNs, 20_280_000);
    assert.match(notes(series[0] as TextSeries), /not sent at the same instant/);
  });

  it('one line a target (-C -q)', () => {
    const series = only('10.0.0.1 : 0.5 141 131 121 - 0.7', 10 * MS);
    assert.deepEqual(told(series).sort(), [
      '0 reply 0.5',
      '1 reply 141',
      '2 reply 131',
      '3 reply 121',
      '4 lost',
      '5 reply 0.7',
    ]);
    assert.equal(only(fixture('fping-vector')).samples.length, 10);
  });
});

describe('what nping printed', () => {
  it('echoes are paired by identifier and number, whatever nping makes of them', () => {
    const series = only(fixture('nping-icmp'));
    assert.deepEqual([count(series, 'lost'), series.duplicates], [0, 0]);
    assert.ok(Math.max(...series.samples.rttNs) > 100 * MS, "nping's own maximum is one interval");
    assert.match(notes(series), /its lines were paired anew/);
    assert.match(notes(series), /reads as a slow drain/);
  });

  it('versions that take replies late are named, also where the text tells none', () => {
    const text = fixture('nping-icmp');
    const late = /0\.7\.60 to 0\.7\.80 on Linux takes replies up to 200 ms late.*/;
    assert.doesNotMatch(notes(only(text)), late);
    const older = only(text.replace('Nping 0.7.93', 'Nping 0.7.70'));
    assert.match(notes(older), /200 ms late.*this is 0\.7\.70/);
    const bare = only(text.replace(/^Starting Nping.*$/m, ''));
    assert.match(notes(bare), /200 ms late.*does not say its version/);
  });

  const PATHS: readonly [file: string, path: string, reply: string, ttl: number][] = [
    ['nping-tcp', 'syn 172.16.47.27 9876', 'rst', 63],
    ['nping-connect', 'syn 127.0.0.1 9', 'rst', 0],
    ['nping-udp', 'udp 127.0.0.1 9', 'unreachable', 0],
  ];
  for (const [file, path, reply, ttl] of PATHS) {
    it(`${file} is paired in order`, () => {
      const series = only(fixture(file));
      assert.equal(`${series.protocol} ${series.target} ${series.port}`, path);
      assert.equal(REPLIES[series.samples.reply[0] as number], reply);
      assert.equal(series.samples.ttl[0], ttl);
      assert.equal(count(series, 'lost'), 0);
      assert.match(notes(series), /paired in their order/);
    });
  }

  it('two echoes with one number get an answer each', () => {
    const sent = (at: string, seq: number): string =>
      `SENT (${at}s) ICMP [10.0.0.1 > 10.0.0.2 Echo request (type=8/code=0) id=5 seq=${seq}] IP [ttl=64 id=1 iplen=28 ]`;
    const received = (at: string, seq: number): string =>
      `RCVD (${at}s) ICMP [10.0.0.2 > 10.0.0.1 Echo reply (type=0/code=0) id=5 seq=${seq}] IP [ttl=63 id=1 iplen=28 ]`;
    const series = only(
      [sent('0.0100', 1), sent('0.0200', 1), received('0.0300', 1), received('0.0301', 1)].join('\n'),
    );
    assert.deepEqual([count(series, 'reply'), series.duplicates], [2, 0]);
  });
});

describe('what hping3 printed', () => {
  it('its summary may stand in the middle of a line', () => {
    const series = only(fixture('hping-icmp'));
    assert.deepEqual([series.samples.length, series.censored], [250, false]);
    assert.ok(Math.abs(series.intervalNs - 10.06 * MS) < 0.02 * MS, `${series.intervalNs}`);
    assert.match(notes(series), /as the stalls show, where 10 ms \(assumed; -i says it\) was asked for/);
  });

  it('target, port and flows of a SYN run', () => {
    const series = only(fixture('hping-syn'));
    assert.deepEqual([series.target, series.port, series.freshPorts], ['172.16.47.27', 9876, true]);
    assert.match(notes(series), /a port of its own/);
  });

  it('says what hping3 made up', () => {
    const series = only(
      '$ hping3 -S -p 80 -i u10000 10.0.0.1\nlen=46 ip=10.0.0.1 ttl=64 sport=80 flags=SA seq=0 win=1 rtt=0.3 ms\nlen=46 ip=10.0.0.1 ttl=64 sport=80 flags=SA seq=1 win=1 rtt=1000.4 ms\nlen=46 ip=10.0.0.1 ttl=64 sport=80 flags=SA seq=2 win=1 rtt=0.0 ms',
    );
    assert.match(notes(series), /1 RTTs are about 1000 ms too long/);
    assert.match(notes(series), /1 RTTs read 0.0 ms/);
  });

  it('numbers begin again after 65,535', () => {
    const reply = (seq: number): string => `len=46 ip=10.0.0.1 ttl=61 id=1 icmp_seq=${seq} rtt=0.3 ms`;
    const series = only(['$ hping3 --icmp -i u10000 10.0.0.1', reply(65_535), reply(0), reply(1)].join('\n'));
    assert.deepEqual(
      told(series).map((one) => one.split(' ')[0]),
      ['65535', '65536', '65537'],
    );
  });
});
