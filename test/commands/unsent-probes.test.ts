import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ProbeCommand } from '../../src/commands/probe/probe-command.js';
import { Measurement } from '../../src/commands/run/measurement.js';
import type { EngineEvent, PathTotals } from '../../src/model/engine-event.js';
import { DEFAULT_MATCH_NS, DEFAULT_WAIT_NS, type ProbePlan } from '../../src/model/plan.js';
import { MS } from '../../src/model/time.js';
import { HELLO } from '../recording/build-recording.js';
import { fakeIo } from './fake-io.js';

const PLAN: ProbePlan = {
  paths: [
    {
      name: 'local>192.0.2.1/icmp',
      protocol: 'icmp',
      address: '192.0.2.1',
      flows: 1,
      freshPerSecond: 0,
      intervalNs: 10 * MS,
    },
  ],
  count: 1,
  durationNs: 0,
  waitNs: DEFAULT_WAIT_NS,
  matchNs: DEFAULT_MATCH_NS,
  timestamps: 'auto',
  cpu: 'auto',
  scheduling: 'auto',
  maxPacketsPerSecondToTarget: 1_000,
};

const NOTHING: PathTotals = {
  path: 0,
  sent: 0,
  received: 0,
  late: 0,
  lost: 0,
  inFlight: 0,
  sendFailed: 0,
  errors: 0,
  duplicates: 0,
  missedSlots: 0,
};

/** What a run of one probe comes to that ends with these totals. */
async function outcomeOf(totals: Partial<PathTotals>): Promise<{ status: number; err: string }> {
  const { io, err } = fakeIo();
  async function* events(): AsyncGenerator<EngineEvent> {
    yield { kind: 'start', epochRealNs: 0n, epochMonoNs: 0n, streamId: 1n };
    yield { kind: 'hello', hello: HELLO };
    yield { kind: 'path-totals', totals: { ...NOTHING, ...totals } };
    yield { kind: 'end', timeNs: 20 * MS, reason: 'complete' };
  }
  const about = { command: 'probe', engine: 'helper', thresholdNs: 100 * MS, options: {} } as const;
  const showing = { format: 'text', quiet: true, failOn: [], onStall: undefined, live: false, ascii: false } as const;
  const output = { file: undefined, write: async () => {} };
  const command = new ProbeCommand({ ...showing, status: false }, PLAN, new Measurement(PLAN, about), output, io);
  return { status: await command.follow({ events: events(), stop: () => {} }), err: err() };
}

describe('a run without an answer', () => {
  test('whose slots were all missed says nothing of the target: that is the machine', async () => {
    const { status, err } = await outcomeOf({ missedSlots: 1 });
    assert.equal(status, 4);
    assert.match(err, /no probe was sent: this machine did not run the prober/);
    assert.doesNotMatch(err, /no reply/);
  });

  test('that sent something, and missed something, had no reply', async () => {
    const { status, err } = await outcomeOf({ sent: 1, lost: 1, missedSlots: 3 });
    assert.equal(status, 1);
    assert.match(err, /no reply at all from local>192\.0\.2\.1\/icmp/);
  });

  test('whose sends all failed had none either', async () => {
    const { status } = await outcomeOf({ sendFailed: 1, missedSlots: 1 });
    assert.equal(status, 1);
  });
});
