import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { it } from 'node:test';
import { needsRoot } from './lab-probing.js';
import { RunningCommand } from './traced-lab.js';

/** Ends the tracer that this process started, from outside. */
function killTracerOf(pid: number | undefined): void {
  const own = readdirSync('/proc').find((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    try {
      const [, parent] = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${entry}/status`, 'utf8')) ?? [];
      return Number(parent) === pid && readFileSync(`/proc/${entry}/comm`, 'utf8').startsWith('rxray-tracer');
    } catch {
      return false; // It has ended meanwhile.
    }
  });
  assert.ok(own, 'the tracer runs');
  process.kill(Number(own), 'SIGKILL');
}

for (const words of [
  ['trace', 'stall', '-d', '30s'],
  ['trace', 'syscalls', '-d', '30s', '--min', '10s'],
]) {
  it(`rxray ${words.slice(0, 2).join(' ')} whose tracer is killed ends with status 4, and counts nothing`, {
    ...needsRoot,
    timeout: 60_000,
  }, async () => {
    const trace = RunningCommand.start(...words);
    await trace.wrote('\n');
    killTracerOf(trace.child.pid);
    assert.equal(await trace.closed, 4, trace.err);
    assert.match(trace.err, /the tracer on this host ended early by SIGKILL/);
    assert.doesNotMatch(trace.out, /not this node|% of a CPU/);
  });
}
