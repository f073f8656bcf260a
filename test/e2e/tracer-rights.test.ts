import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { findHelper } from '../../src/transports/helper-binary.js';

const root = process.getuid?.() === 0;
const skip = root ? false : 'dropping capabilities needs root';

test('all questions of the tracer work with CAP_BPF and CAP_PERFMON alone', { skip }, () => {
  const only = ['--bounding-set=-all,+bpf,+perfmon', '--inh-caps=-all', '--no-new-privs'];
  const told = execFileSync('setpriv', [...only, findHelper('rxray-tracer'), '--capabilities'], { encoding: 'utf8' });
  const { questions } = JSON.parse(told) as { questions: { question: string; works: boolean }[] };
  assert.deepEqual(
    questions.map(({ question, works }) => [question, works]),
    [
      ['stall', true],
      ['rx', true],
      ['syscalls', true],
    ],
  );
});
