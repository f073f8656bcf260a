import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { KeptRun } from '../../src/commands/agent/kept-run.js';
import type { ProbeRun } from '../../src/engines/engine.js';
import type { EngineEvent } from '../../src/model/engine-event.js';
import { CodedError } from '../../src/model/errors.js';

/** A run that says this and then ends, or goes on until it is stopped. */
function run(events: readonly EngineEvent[], goesOn = false): ProbeRun & { stopped: boolean } {
  let stop = (): void => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const made = {
    stopped: false,
    stop: () => {
      made.stopped = true;
      stop();
    },
    events: (async function* () {
      yield* events;
      if (goesOn) await stopped;
    })(),
  };
  return made;
}

const end: EngineEvent = { kind: 'end', timeNs: 0, reason: 'complete' };

test('what ends is started again, after growing waits, and what it said before counts', async () => {
  const waits: number[] = [];
  let events = 0;
  let starts = 0;
  const kept = new KeptRun(
    () => {
      starts += 1;
      return run([end], starts === 4);
    },
    { event: () => (events += 1), restart: (_why, waitMs) => waits.push(waitMs) },
  );
  while (starts < 4) await sleep(20);
  await kept.stop();
  assert.deepEqual(waits, [250, 500, 1000]);
  assert.ok(events >= 3);
});

test('a refusal is told with its reason and tried again; a run that cannot even be made, too', async () => {
  const whys: string[] = [];
  const refused: string[] = [];
  let starts = 0;
  const kept = new KeptRun(
    () => {
      starts += 1;
      if (starts === 1) throw new CodedError('E_HELPER', 'no such helper', 'build it');
      if (starts === 2) {
        return {
          stop: () => {},
          // biome-ignore lint/correctness/useYield: it fails before it says anything.
          events: (async function* (): AsyncGenerator<EngineEvent> {
            throw new CodedError('E_NO_ROUTE', 'a>b/icmp: no route', 'add one');
          })(),
        };
      }
      return run([], true);
    },
    { event: () => {}, restart: (why) => whys.push(why), refused: ({ code }) => refused.push(code) },
  );
  while (starts < 3) await sleep(20);
  await kept.stop();
  assert.deepEqual(whys, ['no such helper [E_HELPER]', 'a>b/icmp: no route [E_NO_ROUTE]']);
  assert.deepEqual(refused, ['E_HELPER', 'E_NO_ROUTE']);
});

test('what is stopped ends in order and is not started again, also while it waits', async () => {
  let starts = 0;
  const first = run([], true);
  const kept = new KeptRun(
    () => {
      starts += 1;
      return first;
    },
    { event: () => {}, restart: () => assert.fail('started again') },
  );
  await sleep(20);
  await kept.stop();
  assert.ok(first.stopped);
  const waiting = new KeptRun(
    () => {
      starts += 1;
      return run([end]);
    },
    { event: () => {}, restart: () => {} },
  );
  await sleep(50);
  // A pause of this process delays both alike.
  const sooner = await Promise.race([waiting.stop().then(() => 'stopped'), sleep(150).then(() => 'it waits on')]);
  assert.equal(sooner, 'stopped');
  assert.equal(starts, 2);
});
