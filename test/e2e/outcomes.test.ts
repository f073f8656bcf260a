import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLOSED_PORT, HOST_ADDRESS } from '../../src/lab/addresses.js';
import { OUTCOMES, REPLIES, type SampleColumns } from '../../src/model/sample.js';
import { MS, SECOND } from '../../src/model/time.js';
import { findHelper } from '../../src/transports/helper-binary.js';
import { needsRoot, pathTo, startProbing, withLab } from './lab-probing.js';

/** How often each outcome came, with what answered: `reply rst`, `error ttl-exceeded 11/0`. */
function tally(samples: readonly SampleColumns[], path: number): Record<string, number> {
  const found: Record<string, number> = {};
  for (const columns of samples) {
    for (let index = 0; index < columns.length; index += 1) {
      if (columns.path[index] !== path) continue;
      const outcome = OUTCOMES[columns.outcome[index] ?? 0] ?? '?';
      const reply = REPLIES[columns.reply[index] ?? 0] ?? '?';
      const icmp = outcome === 'error' ? ` ${columns.icmpType[index]}/${columns.icmpCode[index]}` : '';
      const key = `${outcome} ${reply}${icmp}`;
      found[key] = (found[key] ?? 0) + 1;
    }
  }
  return found;
}

test('each kind of probe gets the answer its protocol gives', { ...needsRoot, timeout: 60_000 }, async () => {
  await withLab(4, async () => {
    const address = HOST_ADDRESS.bad;
    const probing = startProbing(
      'shell',
      [
        pathTo('icmp', address, { protocol: 'icmp' }),
        pathTo('syn', address, { protocol: 'syn', port: CLOSED_PORT, flows: 4 }),
        pathTo('ack', address, { protocol: 'ack', port: CLOSED_PORT, flows: 4 }),
        pathTo('udp', address, { protocol: 'udp', port: 33_434, intervalNs: SECOND }),
        // The fabric is the first router on the way: it answers for the target.
        pathTo('expired', address, { protocol: 'icmp', ttl: 1, intervalNs: SECOND }),
      ],
      { thresholdNs: 100 * MS },
    );
    await probing.started;
    await sleep(4_500);
    probing.stop();
    const { samples, result } = await probing.ended;
    const kinds = (path: number): string[] => Object.keys(tally(samples, path));
    assert.deepEqual(kinds(0), ['reply echo']);
    assert.deepEqual(kinds(1), ['reply rst']);
    assert.deepEqual(kinds(2), ['reply rst']);
    assert.deepEqual(kinds(3), ['reply unreachable']);
    assert.deepEqual(kinds(4), ['error ttl-exceeded 11/0']);
    assert.ok((tally(samples, 2)['reply rst'] ?? 0) >= 400, JSON.stringify(tally(samples, 2)));
    assert.ok((tally(samples, 3)['reply unreachable'] ?? 0) >= 4, JSON.stringify(tally(samples, 3)));
    assert.equal(result.summaries[4]?.received, 0, 'an ICMP error is an outcome of its own, no reply');
    assert.equal(result.quality.forged + result.quality.strays, 0);
  });
});

test('the prober is static and below 1.5 MB, so that it runs on any node', () => {
  const helper = findHelper('rxray-prober');
  assert.ok(statSync(helper).size < 1_500_000, `${statSync(helper).size} bytes`);
  // A program that needs a loader names it in a segment of its own.
  assert.doesNotMatch(execFileSync('readelf', ['-lW', helper], { encoding: 'utf8' }), /INTERP/);
});
