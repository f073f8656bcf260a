import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portShares } from '../../src/commands/bisect/port-shares.js';
import type { PlannedPath } from '../../src/model/plan.js';
import { MS } from '../../src/model/time.js';

const syn: PlannedPath = {
  name: 'a>b/syn',
  protocol: 'syn',
  address: '192.0.2.2',
  port: 80,
  flows: 16,
  freshPerSecond: 5,
  intervalNs: 10 * MS,
};
const icmp: PlannedPath = { ...syn, name: 'a>b/icmp', protocol: 'icmp', flows: 1, freshPerSecond: 0 };
/** Flows, and fresh ports that each rest for 130 s. */
const NEEDED = 16 + 5 * 130;

test('each prober gets source ports of its own, enough for its paths, outside ephemeral ports and NodePorts', () => {
  const probers = [[syn, icmp], [syn, syn, syn], [syn], Array.from({ length: 8 }, () => syn)];
  const shares = portShares(probers);
  let last = 9_999;
  for (const [index, share] of shares.entries()) {
    assert.ok(share);
    assert.equal(share[0], last + 1, 'none of another prober');
    last = share[1];
    const needed = NEEDED * (probers[index] ?? []).filter(({ protocol }) => protocol === 'syn').length;
    assert.ok(share[1] + 1 - share[0] >= needed, `${share} for ${needed}`);
  }
  assert.ok(last <= 29_999);
});

test('who probes without ports needs none; where all do not fit each draws its own', () => {
  assert.deepEqual(portShares([[icmp], [syn]]), [undefined, [10_000, 29_999]]);
  assert.deepEqual(portShares([[icmp]]), [undefined]);
  assert.deepEqual(
    portShares(Array.from({ length: 30 }, () => [syn])),
    Array.from({ length: 30 }, () => undefined),
  );
});
