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

/** All kernels and cards are for `npm run kernels`, whose page is docs/kernels.md. */
test(`the helpers work on Linux ${KERNEL}, in an emulated machine`, { ...needsRoot, timeout: 240_000 }, (t) => {
  const done = spawnSync('nice', ['-n', '5', process.execPath, 'scripts/kernels.mjs', '--short', KERNEL], {
    encoding: 'utf8',
  });
  if (done.status === 3) {
    t.skip(done.stderr.trim());
    return;
  }
  assert.equal(done.status, 0, done.stderr);
  const result = JSON.parse(done.stdout) as Short;
  t.diagnostic(`${result.bootSeconds} s`);
  assert.equal(result.because, undefined);
  assert.equal(result.tracer.btf, true);
  assert.equal(result.prober.rawSocket, true);
  for (const question of ['stall', 'rx', 'syscalls']) {
    assert.equal(result.tracer.questions[question]?.because, undefined, question);
  }
  const told = JSON.stringify(result.stalls);
  const { 'hold-irq': irq, 'hold-bh': bh } = result.stalls;
  // An emulated processor pauses at times, which may hide one of three.
  assert.ok((irq?.found ?? 0) >= 1 && (bh?.found ?? 0) >= 1, told);
  assert.deepEqual([irq?.class, irq?.syscall], ['irq-off', 'write'], told);
  assert.deepEqual([bh?.class, bh?.syscall], ['bh-off-in-syscall', 'write'], told);
});
