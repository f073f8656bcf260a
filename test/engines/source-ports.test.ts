import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { SourcePorts } from '../../src/engines/portable/source-ports.js';
import { CodedError } from '../../src/model/errors.js';
import { loopbackPlan } from '../transports/loopback-plan.js';

const FLOWS = 4;
/** For the flows, wherever fresh ports lie. */
const ROOM = 40;
/** One a second: as many ports as seconds that each rests. */
const FULL = 130;
/** Where no prober seeks ports by itself. */
const FIRST = 4_000;

function planWithin(first: number, ports: number) {
  const plan = loopbackPlan();
  const paths = plan.paths.map((path) => ({ ...path, protocol: 'syn' as const, flows: FLOWS, freshPerSecond: 1 }));
  return { ...plan, paths, sourcePorts: [first, first + ports - 1] as const };
}

test('fresh ports rest for as long as they should, or as the longest free row allows; too few are refused', async () => {
  const paths = planWithin(FIRST, 1).paths.length;
  const needed = paths * FULL;
  const whole = await SourcePorts.reserve(planWithin(FIRST, needed + ROOM));
  assert.equal(whole.shortage, undefined);
  whole.release();

  // Somebody has a port in the middle.
  const taken = createServer().listen({ host: '127.0.0.1', port: FIRST + needed / 2 });
  await once(taken, 'listening');
  try {
    const parted = await SourcePorts.reserve(planWithin(FIRST, needed + ROOM));
    assert.match(parted.shortage ?? '', /used again after \d+ s instead of 130/);
    const [pinned, fresh] = parted.ranges;
    assert.ok(pinned !== undefined && fresh !== undefined);
    assert.ok(fresh.last + 1 - fresh.first >= needed * 0.35, `${fresh.first} to ${fresh.last}`);
    parted.release();
  } finally {
    taken.close();
  }

  const few = SourcePorts.reserve(planWithin(FIRST, paths * (15 + FLOWS)));
  await assert.rejects(few, (error) => error instanceof CodedError && error.code === 'E_PORTS');
});
