import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TracerCapabilities, tracerChecks } from '../../src/kernel/tracer-capabilities.js';

type Told = TracerCapabilities['questions'][number];

const hooks = [
  { tracepoint: 'softirq_raise', got: true },
  { tracepoint: 'sched_switch', got: true },
];
const works = (question: string, more: object = {}): Told => ({
  question,
  works: true,
  got: { flavour: 'tp_btf', hooks, ...more },
});

const rows: readonly (readonly [title: string, told: Told, state: string, detail: RegExp])[] = [
  ['all hooks are there', works('stall'), 'works', /^2 tracepoints, by tp_btf$/],
  [
    'the kernel lacks a tracepoint',
    works('stall', { hooks: [...hooks, { tracepoint: 'napi_poll', got: false }] }),
    'limited',
    /^this kernel has no napi_poll: what those tell is left out$/,
  ],
  ['system calls, with all that takes', works('syscalls', { flightRecorder: true }), 'works', /^2 tracepoints/],
  [
    'system calls on a kernel whose BPF is too old for the flight recorder',
    works('syscalls', { flightRecorder: false }),
    'limited',
    /^works without --flight-recorder: /,
  ],
  [
    'a question that the kernel refuses',
    { question: 'rx', works: false, code: 'E_BPF', message: 'the kernel refuses it', remedy: 'take another' },
    'limited',
    /^the kernel refuses it$/,
  ],
];

for (const [title, told, state, detail] of rows) {
  test(`doctor on the tracer: ${title}: ${state}`, () => {
    const [check] = tracerChecks({ helper: 'rxray-tracer', version: '0.1.0', btf: true, questions: [told] });
    assert.equal(check?.state, state);
    assert.match(check?.detail ?? '', detail);
    assert.equal(check?.what, `trace ${told.question}`);
  });
}
