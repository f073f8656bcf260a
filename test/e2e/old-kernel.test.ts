import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { needsRoot } from './lab-probing.js';

/** The oldest that Debian 12 has, for the processor that runs this. */
const KERNEL = process.arch === 'arm64' ? '6.1-arm64' : '6.1';

interface Stall {
  readonly found?: number;
  readonly class?: string;
  readonly syscall?: string;
  readonly because?: string;
}
interface Short {
  readonly because?: string;
  readonly bootSeconds: number;
  readonly tracer: { readonly btf: boolean; readonly questions: Record<string, { readonly because?: string }> };
  readonly prober: { readonly rawSocket: boolean };
  readonly stalls: Record<string, Stall>;
}

/** An emulated processor pauses at times, which hides what is held meanwhile: it may do so in so many boots. */
const BOOTS = 3;

/** All kernels and cards are for `npm run kernels`, whose page is docs/kernels.md. */
test(`the helpers work on Linux ${KERNEL}, in an emulated machine`, { ...needsRoot, timeout: 300_000 }, (t) => {
  const seen: string[] = [];
  while (seen.length < BOOTS) {
    const result = boot();
    if (result === undefined) return t.skip(`Linux ${KERNEL} is not here: node scripts/kernels.mjs --fetch ${KERNEL}`);
    t.diagnostic(`${result.bootSeconds} s`);
    assert.equal(result.because, undefined);
    assert.equal(result.tracer.btf, true);
    assert.equal(result.prober.rawSocket, true);
    for (const question of ['stall', 'rx', 'syscalls']) {
      assert.equal(result.tracer.questions[question]?.because, undefined, question);
    }
    const { 'hold-irq': irq, 'hold-bh': bh } = result.stalls;
    seen.push(JSON.stringify(result.stalls));
    t.diagnostic(seen.at(-1) ?? '');
    if ((irq?.found ?? 0) < 1 || (bh?.found ?? 0) < 1) continue;
    assert.deepEqual([irq?.class, irq?.syscall], ['irq-off', 'write'], seen.at(-1));
    assert.deepEqual([bh?.class, bh?.syscall], ['bh-off-in-syscall', 'write'], seen.at(-1));
    return;
  }
  assert.fail(`a stall was missed in each boot: ${seen.join(', ')}`);
});

/** @returns undefined where the kernel was not downloaded */
function boot(): Short | undefined {
  const words = ['-n', '5', process.execPath, 'scripts/kernels.mjs', '--short', KERNEL];
  const done = spawnSync('nice', words, { encoding: 'utf8' });
  if (done.status === 3) return undefined;
  assert.equal(done.status, 0, done.stderr);
  return JSON.parse(done.stdout) as Short;
}
