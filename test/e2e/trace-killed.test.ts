import assert from 'node:assert/strict';
import { it } from 'node:test';
import { killHelperOf } from './child-helper.js';
import { needsRoot } from './lab-probing.js';
import { RunningCommand } from './traced-lab.js';

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
    await killHelperOf(trace.child.pid, 'rxray-tracer');
    assert.equal(await trace.closed, 4, trace.err);
    assert.match(trace.err, /the tracer on this host ended early by SIGKILL/);
    assert.doesNotMatch(trace.out, /not this node|% of a CPU/);
  });
}
