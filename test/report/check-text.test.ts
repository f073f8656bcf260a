import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeCheck, NodeReport } from '../../src/model/node-check.js';
import { checkText } from '../../src/report/host/check-text.js';

const REPORT: NodeReport = {
  type: 'node',
  node: 'bad',
  place: 'ops@kube-node-bad',
  kernel: '4.19.0-6-amd64',
  cpus: 32,
  intervalNs: 2_000_400_000,
  cost: { cpuNs: 81_000_000, readings: 120 },
  wrong: 2,
  notice: 1,
  unknown: 1,
  ok: 3,
};

function result(state: NodeCheck['state'], check: string, subject: string, detail: string, remedy?: string): NodeCheck {
  const told = { threshold: `what ${check} allows`, source: 'a document' };
  return {
    type: 'check',
    node: 'bad',
    check,
    subject,
    state,
    detail,
    measured: {},
    ...told,
    ...(remedy ? { remedy } : {}),
  };
}

test('worst first, the remedy once below each check, what is fine in one line', () => {
  const text = checkText(REPORT, [
    result('ok', 'softnet-drops', '', 'none'),
    result('notice', 'threaded-napi', 'eth0', 'ordinary', 'chrt'),
    result('unknown', 'conntrack-fill', '', 'not loaded'),
    result('wrong', 'memory-stat', '/', 'takes 153 ms', 'read less often'),
    result('wrong', 'memory-stat', '/kubepods', 'takes 99 ms', 'read less often'),
    result('ok', 'steal', '', '0 %'),
    result('ok', 'threaded-napi', 'eth1', 'off'),
  ]);
  assert.equal(
    text,
    `bad (ops@kube-node-bad), Linux 4.19.0-6-amd64, 32 CPUs, counters over 2 s
✗ WRONG    memory-stat     /          takes 153 ms
✗ WRONG    memory-stat     /kubepods  takes 99 ms
    what memory-stat allows
    source: a document
    → read less often
! notice   threaded-napi   eth0       ordinary
    what threaded-napi allows
    source: a document
    → chrt
? unknown  conntrack-fill             not loaded
✓ ok: softnet-drops, steal
2 wrong, 1 to note, 1 unknown; 120 files read, 81 ms of CPU time there
`,
  );
});

test('when all is fine there are three lines', () => {
  const { kernel: _, ...report } = {
    ...REPORT,
    node: 'local',
    wrong: 0,
    notice: 0,
    unknown: 0,
    intervalNs: 0,
    cpus: 1,
  };
  assert.equal(
    checkText(report, [result('ok', 'steal', '', '0 %')]),
    `local (ops@kube-node-bad), 1 CPU
✓ ok: steal
nothing wrong; 120 files read, 81 ms of CPU time there
`,
  );
});

test('-v: what is fine too, each with what was read', () => {
  const checks = [
    result('ok', 'steal', '', '0.2 % of the time'),
    result('wrong', 'memory-stat', '/', 'takes 153 ms', 'read less often'),
    result('ok', 'threaded-napi', 'eth1', 'off'),
  ];
  const lines = checkText(REPORT, checks, true).split('\n');
  assert.deepEqual(lines.slice(1, -2), [
    '✗ WRONG  memory-stat    /     takes 153 ms',
    '    what memory-stat allows',
    '    source: a document',
    '    → read less often',
    '✓ ok     steal                0.2 % of the time',
    '✓ ok     threaded-napi  eth1  off',
  ]);
  assert.ok(!checkText(REPORT, checks).includes('0.2 %'));
});
