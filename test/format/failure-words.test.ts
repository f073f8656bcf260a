import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureLines } from '../../src/format/failure-words.js';
import { summary } from '../report/build-run.js';

test('ICMP errors by sender, name, type and code; failed sends by name', () => {
  const failed = {
    ...summary,
    icmpErrors: [{ type: 3, code: 1, router: '172.16.99.1', probes: 3 }],
    sendErrors: [{ errno: 100, probes: 101 }],
  };
  assert.deepEqual(failureLines(failed, '203.0.113.5'), [
    'from 172.16.99.1: host unreachable (type 3, code 1), 3 times',
    'sends failed: ENETDOWN (network is down), 101 times',
  ]);
  assert.match(failureLines(failed, '2001:db8::1')[0] ?? '', /an ICMP error \(type 3, code 1\)/);
});
