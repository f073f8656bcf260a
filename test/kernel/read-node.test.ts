import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Check } from '../../src/kernel/checks/check.js';
import { mergedOrders } from '../../src/kernel/orders.js';
import { readNode } from '../../src/kernel/read-node.js';
import { FakeNode } from './fake-node.js';

function checkThatReads(reads: Check['reads'], rereads: readonly string[] = []): Check {
  return { name: 'a', about: '', threshold: '', source: '', reads, rereads: () => rereads, judge: () => [] };
}

const never = new AbortController().signal;

test('what depends on what was read is asked for next, and nothing twice', async () => {
  const node = new FakeNode({ files: { '/proc/a': '1', '/proc/b': '2' } });
  const first = checkThatReads((known) => ['read /proc/a', ...(known.answered('/proc/a') ? ['read /proc/b'] : [])]);
  const second = checkThatReads(() => ['read /proc/b', 'read /proc/none']);
  const { before, count } = await readNode([first, second], { network: node, machine: node }, 1, never);
  assert.deepEqual(
    node.orders.filter((order) => !order.startsWith('budget')),
    ['read /proc/a', 'read /proc/b', 'read /proc/none'],
  );
  assert.equal(count, 2);
  assert.equal(before.whyNot('/proc/none'), '/proc/none: not there');
});

test('a check that used up its time reads no more', async () => {
  const node = new FakeNode({ files: { '/proc/a': '1', '/proc/b': '2' }, readNs: { '/proc/a': [70_000_000] } });
  const check = checkThatReads((known) => ['read /proc/a', ...(known.answered('/proc/a') ? ['read /proc/b'] : [])]);
  await readNode([check], { network: node, machine: node }, 1, never);
  assert.deepEqual(node.orders, ['budget 100000000', 'read /proc/a', 'budget 30000000', 'read /proc/b']);
});

test('in a namespace its network is read there, and the machine outside', async () => {
  const [network, machine] = [new FakeNode({}), new FakeNode({})];
  const orders = [
    'read /proc/net/softnet_stat',
    'read /proc/sys/net/netfilter/nf_conntrack_count',
    'list /sys/class/net/*',
    'interface eth0',
    'read /proc/self/mountinfo',
    'tree 1 1 /sys/fs/cgroup',
  ];
  await readNode([checkThatReads(() => orders)], { network, machine }, 1, never);
  assert.deepEqual(network.orders, ['budget 100000000', ...orders.slice(0, 4)]);
  assert.deepEqual(machine.orders, ['budget 100000000', ...orders.slice(4)]);
});

test('an interrupt ends the interval early, and the second reading is made', async () => {
  const node = new FakeNode({ files: { '/proc/a': ['1', '2'] } });
  const stop = new AbortController();
  stop.abort();
  const check = checkThatReads(() => ['read /proc/a'], ['read /proc/a']);
  const { after } = await readNode([check], { network: node, machine: node }, 3600e9, stop.signal);
  const reading = after.text('/proc/a');
  assert.equal(reading.kind === 'text' && reading.text, '2');
});

test('orders that several want are given once; one that somebody wants twice, twice', () => {
  assert.deepEqual(mergedOrders([['a', 'b'], ['b', 'b'], ['a']]), ['a', 'b', 'b']);
});
