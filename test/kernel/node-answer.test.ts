import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NodeAnswerReader } from '../../src/kernel/node-answer.js';

const SAID = `text 100 20 10 12 0 /proc/net/a b
two
lines ü
fail EACCES /sys/fs/cgroup/a b
name /sys/class/net/eth0
skip /x
cut /sys/*
interface eth0 {"a": 1}
tree 5 6 7 9 0 3 /sys/fs/cgroup
0 8 
0 1 kube pods
1 0 pod
text 200 1 1 0 1 /empty

mark 300 40 1
`;

test('answers come out whole, wherever the stream was cut', () => {
  const bytes = Buffer.from(SAID);
  for (let size = 1; size <= bytes.length; size += 1) {
    const reader = new NodeAnswerReader();
    const answers = [];
    for (let from = 0; from < bytes.length; from += size)
      answers.push(...reader.take(bytes.subarray(from, from + size)));
    assert.deepEqual(answers, [
      { kind: 'text', path: '/proc/net/a b', text: 'two\nlines ü', atNs: 100, wallNs: 20, cpuNs: 10, cut: false },
      { kind: 'fail', error: 'EACCES', path: '/sys/fs/cgroup/a b' },
      { kind: 'name', path: '/sys/class/net/eth0' },
      { kind: 'skip', path: '/x' },
      { kind: 'cut', path: '/sys/*' },
      { kind: 'interface', path: 'eth0', json: '{"a": 1}' },
      {
        kind: 'tree',
        path: '/sys/fs/cgroup',
        wallNs: 6,
        cpuNs: 7,
        count: 9,
        complete: false,
        directories: [
          { path: '', descendants: 8 },
          { path: '/kube pods', descendants: 1 },
          { path: '/kube pods/pod', descendants: 0 },
        ],
      },
      { kind: 'text', path: '/empty', text: '', atNs: 200, wallNs: 1, cpuNs: 1, cut: true },
      { kind: 'mark', atNs: 300, cpuNs: 40, word: '1' },
    ]);
  }
});

test('what is no answer is refused', () => {
  assert.throws(() => new NodeAnswerReader().take(Buffer.from('welcome to this host\n')), {
    name: 'RangeError',
    message: 'not an answer of a node: welcome to this host',
  });
});
