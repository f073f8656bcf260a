import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { acceptQueue } from '../../src/bisect/causes/accept-queue.js';
import { server } from '../../src/bisect/causes/server.js';
import { throttled } from '../../src/bisect/causes/throttled.js';
import type { CountedSpan, MachineAccount } from '../../src/bisect/evidence/machine-account.js';
import { topologyOf } from '../../src/bisect/paths/topology.js';
import { scoreAccounts } from '../../src/bisect/weigh/account-likelihood.js';
import { measuredPaths } from '../../src/hosts/measured-paths.js';
import { MS, SECOND } from '../../src/model/time.js';
import { REQUEST_HOSTS } from './request-cluster.js';

const TOPOLOGY = topologyOf(measuredPaths(REQUEST_HOSTS).map(({ measured }) => measured));
const READ_NS = 500 * MS;
const SECONDS = 20;

/** Readings of 20 s; `amount` tells what was counted in each. */
function spans(amount: (reading: number) => Partial<CountedSpan>): CountedSpan[] {
  return Array.from({ length: (SECONDS * SECOND) / READ_NS }, (_, reading) => ({
    fromNs: reading * READ_NS,
    toNs: (reading + 1) * READ_NS,
    throttledNs: 0,
    dropped: 0,
    ...amount(reading),
  }));
}

function account(counted: readonly CountedSpan[], more: Partial<MachineAccount> = {}): MachineAccount {
  const sum = (of: (span: CountedSpan) => number): number => counted.reduce((total, span) => total + of(span), 0);
  const dropped = sum((span) => span.dropped);
  return {
    machine: 'web',
    port: 80,
    throttledNs: sum((span) => span.throttledNs),
    overflows: dropped,
    waiting: dropped > 0 ? 2 : 0,
    limit: 1,
    spans: counted,
    ...more,
  };
}

/** Ten incidents of 80 ms, a second and a bit apart. */
const INCIDENTS = Array.from({ length: 10 }, (_, i) => ({
  startMaxNs: SECOND + i * 1_700 * MS,
  releaseNs: SECOND + i * 1_700 * MS + 80 * MS,
}));
const coincides = (reading: number): boolean =>
  INCIDENTS.some(({ startMaxNs }) => Math.floor(startMaxNs / READ_NS) === reading);

function odds(
  likely: typeof server | typeof throttled | typeof acceptQueue,
  than: typeof likely,
  accounts: MachineAccount[],
) {
  const score = (cause: typeof likely): number => {
    const [place] = cause.places(TOPOLOGY, {});
    if (place === undefined) throw new Error(`no place for ${cause.name}`);
    const { machines, signs } = place;
    return scoreAccounts({ machines, ...(signs === undefined ? {} : { signs }) }, accounts, INCIDENTS);
  };
  return Math.exp(score(likely) - score(than));
}

suite('what a machine counted of its server, beside the incidents', () => {
  const stopped = account(spans((reading) => ({ throttledNs: coincides(reading) ? 60 * MS : 0 })));
  const elsewhen = account(spans((reading) => ({ throttledNs: coincides(reading) || reading % 5 > 0 ? 0 : 60 * MS })));
  const always = account(spans(() => ({ throttledNs: 280 * MS })));

  test('stops that coincide convict the quota', () => {
    assert.ok(odds(throttled, server, [stopped]) > 1_000, String(odds(throttled, server, [stopped])));
  });
  test('stops at other times do not', () => {
    assert.ok(odds(throttled, server, [elsewhen]) < 1, String(odds(throttled, server, [elsewhen])));
  });
  test('a group that is stopped for more than half of the time: the quota, though every reading shows it', () => {
    assert.ok(odds(throttled, server, [always]) > 50, String(odds(throttled, server, [always])));
  });
  test('stops beside a part of the incidents clear nobody', () => {
    const some = (reading: number): boolean => coincides(reading) && reading % 4 < 2;
    const partly = account(spans((reading) => ({ throttledNs: some(reading) ? 60 * MS : 0 })));
    assert.ok(odds(server, throttled, [partly]) < 5, String(odds(server, throttled, [partly])));
  });
  test('no stop at all: the server', () => {
    assert.ok(odds(server, throttled, [account(spans(() => ({})))]) > 20);
  });
  test('overflows of another port, while the queue of this one is never near its end, say nothing', () => {
    const overflowing = spans((reading) => ({ dropped: coincides(reading) ? 9 : 0 }));
    const other = account(overflowing, { waiting: 3, limit: 511 });
    assert.ok(Math.abs(Math.log(odds(acceptQueue, server, [other]))) < 0.2);
    assert.ok(odds(acceptQueue, server, [account(overflowing)]) > 100);
  });
  test('of two servers on one machine the one in trouble counts', () => {
    const quiet = account(
      spans(() => ({})),
      { port: 8443 },
    );
    const both = odds(throttled, server, [quiet, stopped]);
    assert.ok(both > 1_000, String(both));
  });
});
