import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RxPacketRecord } from '../../src/model/rx-packet.js';
import { createRxReporter } from '../../src/report/trace/rx-reporter.js';

const PACKET = {
  type: 'rx-packet',
  time: 0,
  cpu: 1,
  queue: 0,
  interface: 'eth0',
  sinceRaiseNs: 12_000,
  path: 'shell>node/syn',
  protocol: 'syn',
  source: '172.16.33.10',
  id: 61_000,
  port: 9_876,
  seq: 17,
  flow: 3,
  context: 'idle',
  softirq: true,
  threadName: '',
  thread: 0,
  syscall: null,
} as unknown as RxPacketRecord;

const rows: readonly (readonly [title: string, packet: Partial<RxPacketRecord>, words: RegExp])[] = [
  ['a probe of a fixed flow', {}, /shell>node\/syn seq 17 flow 3 {2}idle/],
  ['a probe of a new port: its own number', { seq: 2_147_483_701, flow: null }, /shell>node\/syn fresh 53 {2}idle/],
  ['a packet that is no probe', { path: null, flow: null }, /syn 172\.16\.33\.10:61000 > :9876 seq 17/],
];

for (const [title, packet, words] of rows) {
  test(`trace rx, a line: ${title}`, () => {
    assert.match(createRxReporter(false).packet({ ...PACKET, ...packet }), words);
  });
}
