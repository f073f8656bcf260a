import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeTracePlan } from '../../src/codec/plan/trace-plan-text.js';
import { isSyscallName, syscallArguments, syscallName, syscallResult } from '../../src/codec/syscall-words.js';

const X86_64 = 62;
const I386 = 3;
const ARM64 = 183;

/** A call with all that is known of its arguments, as people read it. */
function shown(architecture: number, number: number, values: readonly bigint[], file = '', text = ''): string {
  const padded = [...values, ...Array(6 - values.length).fill(0n)];
  const words = syscallArguments(architecture, number, padded, { file, text }).map((argument) => argument.text);
  return `${syscallName(architecture, number)}(${words.join(', ')})`;
}

test('numbers mean the call of their architecture; 32-bit ones are never taken for 64-bit ones', () => {
  assert.equal(syscallName(X86_64, 0), 'read');
  assert.equal(syscallName(ARM64, 63), 'read');
  assert.equal(syscallName(I386, 3), 'read (32-bit)');
  assert.equal(syscallName(X86_64, 3), 'close');
  assert.equal(syscallName(X86_64, 9999), 'syscall_9999');
  assert.equal(isSyscallName('epoll_wait'), true);
  assert.equal(isSyscallName('reed'), false);
});

test('descriptors carry the path behind them, flags their names, modes their octal digits', () => {
  assert.equal(shown(X86_64, 0, [3n, 0x7f00n, 4096n], '/proc/stat'), 'read(3</proc/stat>, 0x7f00, 4096)');
  assert.equal(
    shown(X86_64, 257, [0xffffff9cn, 0x7f00n, 0o2000102n, 0o644n], '', '/tmp/a b'),
    'openat(AT_FDCWD, "/tmp/a b", O_RDWR|O_CREAT|O_CLOEXEC, 0644)',
  );
  assert.equal(
    shown(X86_64, 257, [0xffffff9cn, 0x7f00n, 0o200000n, 0n], '', '/'),
    'openat(AT_FDCWD, "/", O_RDONLY|O_DIRECTORY)',
  );
  assert.equal(
    shown(ARM64, 56, [0xffffff9cn, 0x7f00n, 0o40000n, 0n], '', '/'),
    'openat(AT_FDCWD, "/", O_RDONLY|O_DIRECTORY)',
  );
  assert.equal(
    shown(X86_64, 9, [0n, 8192n, 3n, 0x22n, 0xffffffffn, 0n]),
    'mmap(0, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)',
  );
  assert.equal(
    shown(X86_64, 202, [0x7f00n, 129n, 1n, 0n, 0n, 0n]),
    'futex(0x7f00, FUTEX_WAKE|FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0)',
  );
  assert.equal(
    shown(X86_64, 257, [0xffffff9cn, 0x7f00n, 0o20200002n, 0o600n], '', '/tmp'),
    'openat(AT_FDCWD, "/tmp", O_RDWR|O_TMPFILE, 0600)',
  );
  assert.equal(shown(X86_64, 2, [0x7f00n, 0n, 0xdeadn], '', '/etc/hosts'), 'open("/etc/hosts", O_RDONLY)');
  assert.equal(
    shown(X86_64, 230, [1n, 1n, 0x7f00n, 0n], 'devtmpfs:/null'),
    'clock_nanosleep(CLOCK_MONOTONIC, 0x1, 0x7f00, NULL)',
  );
  assert.equal(shown(X86_64, 230, [0xfffffffan, 0n, 0x7f00n]), 'clock_nanosleep(0xfffffffa, 0, 0x7f00, NULL)');
  assert.equal(shown(X86_64, 158, [0x1002n, 0x7f00n, 0n, 0x22n, 0xffffffffn, 0n]), 'arch_prctl(ARCH_SET_FS, 0x7f00)');
  assert.equal(shown(X86_64, 42, [5n, 0x7f00n, 16n], 'socket:[42]'), 'connect(5<socket:[42]>, 0x7f00, 16)');
});

test('results are numbers, addresses, or the name of the error', () => {
  assert.deepEqual(syscallResult(42n), { text: '42' });
  assert.deepEqual(syscallResult(-2n), { text: '-1 ENOENT', error: 'ENOENT' });
  assert.deepEqual(syscallResult(-512n), { text: '-1 ERESTARTSYS', error: 'ERESTARTSYS' });
  assert.deepEqual(syscallResult(0x7f0f87e39000n), { text: '0x7f0f87e39000' });
  assert.deepEqual(syscallResult(-4096n), { text: '-4096' });
});

test('a question becomes one line of a plan, with blanks and # escaped', () => {
  const plan = encodeTracePlan({
    questions: [
      {
        question: 'syscalls',
        minNs: 200_000_000,
        summary: true,
        pids: [17, 42],
        comms: ['Web Content #1'],
        cgroups: ['/a b'],
        calls: { except: true, names: ['futex', 'poll'] },
      },
    ],
  });
  assert.equal(
    plan,
    'rxray-plan 1\ntrace syscalls min-ns=200000000 summary=1 pid=17,42 comm=Web%20Content%20%231 cgroup=/a%20b calls=!futex,poll\nrun\n',
  );
});
