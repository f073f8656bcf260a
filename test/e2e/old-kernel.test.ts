import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { needsRoot } from './lab-probing.js';

/** The oldest that Debian 12 has, for the processor that runs this. */
const KERNEL = process.arch === 'arm64' ? '6.1-arm64' : '6.1';

interface Short {
  readonly because?: string;
  readonly bootSeconds: number;
  readonly tracer: { readonly btf: boolean; readonly questions: Record<string, { readonly because?: string }> };
  readonly prober: { readonly rawSocket: boolean };
  /** By process, the class and the system call by which it was named. */
  readonly named: Record<string, readonly string[]>;
}

/**
 * All kernels and cards are for `npm run kernels`, whose page is docs/kernels.md. An emulated processor pauses at times,
 * which hides what is held meanwhile: so each of the two ways is held many times, for far longer than such pauses, and
 * seen once it is seen as what it is.
 */
test(`the helpers work on Linux ${KERNEL}, in an emulated machine`, { ...needsRoot, timeout: 300_000 }, (t) => {
  const result = boot();
  if (result === undefined) return t.skip(`Linux ${KERNEL} is not here: node scripts/kernels.mjs --fetch ${KERNEL}`);
  t.diagnostic(`${result.bootSeconds} s, ${JSON.stringify(result.named)}`);
  assert.equal(result.because, undefined);
  assert.equal(result.tracer.btf, true);
  assert.equal(result.prober.rawSocket, true);
  for (const question of ['stall', 'rx', 'syscalls']) {
    assert.equal(result.tracer.questions[question]?.because, undefined, question);
  }
  for (const [process, way] of [
    ['hold-irq', 'irq-off in write'],
    ['hold-bh', 'bh-off-in-syscall in write'],
  ] as const) {
    assert.ok(result.named[process]?.includes(way), `${process}: ${result.named[process]}`);
  }
});

/** @returns undefined where the kernel was not downloaded */
function boot(): Short | undefined {
  const words = ['-n', '5', process.execPath, 'scripts/kernels.mjs', '--short', KERNEL];
  const done = spawnSync('nice', words, { encoding: 'utf8' });
  if (done.status === 3) return undefined;
  assert.equal(done.status, 0, done.stderr);
  return JSON.parse(done.stdout) as Short;
}
