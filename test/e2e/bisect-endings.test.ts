import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { PLACES } from '../../src/lab/addresses.js';
import { labDown, labUp } from '../../src/lab/lab.js';
import { namespaceOf } from '../../src/lab/state.js';
import { processesIn } from '../transports/process-list.js';
import { needsRoot } from './lab-probing.js';
import { RXRAY, rxrayIn } from './rxray.js';

const LAB = 'endings';
const FULL = 'full-disk';
/** A helper sees its input end at once, and then ends within a beat. */
const GONE_MS = 3_000;

test('bisect killed at any moment leaves no helper in any namespace', { ...needsRoot, timeout: 90_000 }, async (t) => {
  const { hostsFile } = await labUp({ name: LAB }, () => {});
  try {
    const before = processes();
    for (const [round, signal] of (['SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGINT'] as const).entries()) {
      const bisect = spawn(process.execPath, [RXRAY, 'bisect', '--hosts', hostsFile, '--cpu', '0'], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const ended = once(bisect, 'exit');
      await helpersSeen(before);
      await sleep(350 * round);
      const running = processes().length - before.length;
      bisect.kill(signal);
      await ended;
      const since = performance.now();
      while (processes().length > before.length && performance.now() - since < GONE_MS) await sleep(50);
      t.diagnostic(`${signal} with ${running} helpers: gone after ${Math.round(performance.now() - since)} ms`);
      assert.deepEqual(processes(), before, `${signal} in round ${round}`);
    }
  } finally {
    await labDown({ name: LAB }, () => {});
  }
});

describe('a full disk is E_OUTPUT and status 4 while packets are measured', needsRoot, () => {
  let hostsFile = '';
  before(async () => {
    ({ hostsFile } = await labUp({ name: FULL }, () => {}));
  });
  after(() => labDown({ name: FULL }, () => {}));

  for (const [what, words] of [
    ['bisect', () => ['bisect', '--hosts', hostsFile, '-d', '2s']],
    ['bisect --json', () => ['bisect', '--hosts', hostsFile, '-d', '2s', '--json']],
    ['trace stall', () => ['trace', 'stall', '--netns', namespaceOf(FULL, 'bad'), '-d', '2s']],
    ['trace stall --json', () => ['trace', 'stall', '--netns', namespaceOf(FULL, 'bad'), '-d', '2s', '--json']],
    ['trace syscalls', () => ['trace', 'syscalls', '--min', '1ms', '-d', '2s']],
  ] as const) {
    test(what, { timeout: 30_000 }, async () => {
      const full = openSync('/dev/full', 'w');
      try {
        const { status, err } = await rxrayIn({ stdout: full }, ...words());
        assert.equal(status, 4, err);
        assert.match(err, /cannot write standard output: ENOSPC.*\[E_OUTPUT\]\n {2}→ /);
        assert.doesNotMatch(err, /E_INTERNAL|\bat .*\.js/);
      } finally {
        closeSync(full);
      }
    });
  }
});

async function helpersSeen(before: readonly string[]): Promise<void> {
  for (let waited = 0; waited < 10_000; waited += 20) {
    if (processes().length > before.length) return;
    await sleep(20);
  }
  assert.fail('bisect started no helper');
}

/** Process numbers in all namespaces of the lab, of what runs there. */
function processes(): string[] {
  return processesIn(...PLACES.map((place) => namespaceOf(LAB, place)))
    .map(({ pid }) => String(pid))
    .sort();
}
