import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const STARTING_MS = 20_000;

/**
 * Ends a helper that a process started, from outside, as the kernel does when memory runs out.
 *
 * @param ageMs for so long it may do its work first
 */
export async function killHelperOf(parent: number | undefined, name: string, ageMs = 0): Promise<void> {
  const since = performance.now();
  for (;;) {
    const own = readdirSync('/proc').find((entry) => /^\d+$/.test(entry) && isChild(entry, parent, name));
    // One that only tells what it could do ends by itself.
    if (own !== undefined) await sleep(ageMs);
    if (own !== undefined && isChild(own, parent, name)) {
      process.kill(Number(own), 'SIGKILL');
      return;
    }
    assert.ok(performance.now() - since < STARTING_MS, `${name} runs`);
    await sleep(50);
  }
}

function isChild(pid: string, parent: number | undefined, name: string): boolean {
  try {
    const [, own] = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(own) === parent && readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith(name);
  } catch {
    return false; // It has ended meanwhile.
  }
}
