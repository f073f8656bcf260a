import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { judgeSequential, type SequentialSeries } from '../../src/bisect/sequential/sequential.js';
import { createDetectorBank } from '../../src/detect/detector-bank.js';
import { parseHosts } from '../../src/hosts/hosts-file.js';
import { measuredPaths } from '../../src/hosts/measured-paths.js';
import { parseHpingText } from '../../src/imports/text/hping-text.js';
import { MS, SECOND } from '../../src/model/time.js';
import { HOSTS_OF_2019, RUNS_OF_2019 } from './runs-of-2019.js';

const HOSTS = parseHosts(HOSTS_OF_2019, 'hosts.yaml');

function seriesOf({ name, file }: (typeof RUNS_OF_2019)[number]): SequentialSeries {
  const hping = parseHpingText(readFileSync(file, 'utf8'));
  const planned = measuredPaths(HOSTS).find(({ measured }) => measured.name === name);
  assert.ok(planned, name);
  const intervalNs = hping.measuredIntervalNs ?? hping.intervalNs;
  const bank = createDetectorBank(
    [{ name, intervalNs, flows: 1, protocol: hping.protocol, freshPerSecond: 0, censored: hping.censored }],
    { thresholdNs: 100 * MS, waitNs: SECOND },
  );
  return {
    path: { ...planned.measured, flows: 1, intervalNs },
    durationNs: hping.summary === null ? null : hping.summary.transmitted * intervalNs,
    thresholdNs: 100 * MS,
    freshPorts: hping.freshPorts,
    findings: [...bank.push(hping.samples), ...bank.finish(1_000 * SECOND)],
  };
}

suite('the measurements of 2019, path by path', () => {
  const verdict = judgeSequential(RUNS_OF_2019.map(seriesOf));

  test('a receive queue of the bad node is to blame', () => {
    assert.deepEqual([verdict.cause, verdict.where], ['rx-queue', 'node']);
    assert.ok(verdict.probability >= 0.9, `${verdict.probability} ${JSON.stringify(verdict.posterior)}`);
  });

  const RULED_OUT: readonly [cause: string, because: RegExp][] = [
    ['nat', /does not depend on it and stalled/],
    ['ipip', /does not depend on it and stalled|were quick/],
    ['tcp', /ICMP stalls as well/],
    ['sender', /does not depend on it and stalled/],
    ['reverse direction', /bad>external\/syn saw nothing in 22[34] s/],
    ['host', /were quick|saw nothing/],
    ['pod', /does not depend on it and stalled|were quick/],
  ];
  for (const [cause, because] of RULED_OUT)
    test(`${cause} is ruled out`, () => {
      const found = verdict.ruledOut.find((one) => one.cause === cause);
      assert.match(found?.because ?? `not among ${JSON.stringify(verdict.ruledOut, null, 1)}`, because);
    });

  test('every series has its sentence', () => {
    const words = verdict.evidence.map((one) => one.words);
    assert.deepEqual(words, [
      'shell>nodeport/syn: 4 in at least 52 s, each slow probe followed by all that must be slow too if everything waits',
      'client>pod/syn: 1 in at least 74 s, each slow probe followed by all that must be slow too if everything waits',
      'client>pod/icmp: 4 in at least 99 s, each slow probe followed by all that must be slow too if everything waits',
      'client>node/icmp: 2 in at least 315 s, each slow probe followed by all that must be slow too if everything waits',
      'shell>node/syn: 4 in at least 79 s, with 7 of 7 probes quick that must be slow too if everything waits',
      'bad>external/syn: nothing in 224 s',
    ]);
  });

  test('without the runs at the node itself nobody is accused', () => {
    const fewer = judgeSequential(RUNS_OF_2019.filter(({ name }) => name === 'shell>nodeport/syn').map(seriesOf));
    assert.equal(fewer.cause, 'inconclusive', JSON.stringify(fewer.posterior));
  });
});
