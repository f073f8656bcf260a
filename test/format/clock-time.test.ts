import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatClockTime, formatDateTime } from '../../src/format/clock-time.js';
import { formatFlows } from '../../src/format/flow-list.js';
import { formatTable } from '../../src/format/table.js';

const instant = 1_795_310_073_411_234_567n;

test('times carry milliseconds and the zone', () => {
  assert.equal(formatClockTime(instant, 'UTC'), '01:14:33.411 UTC');
  assert.equal(formatClockTime(instant, 'Asia/Kolkata'), '06:44:33.411 +05:30');
  assert.equal(formatClockTime(instant, 'America/New_York'), '20:14:33.411 -05:00');
});

test('the zone of the machine is written as any other', (t) => {
  const before = process.env.TZ;
  t.after(() => {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  });
  const summer = 1_783_000_000_007_000_000n;
  for (const zone of ['UTC', 'Europe/London', 'Europe/Berlin', 'Asia/Kolkata', 'America/St_Johns', 'Pacific/Apia']) {
    process.env.TZ = zone;
    for (const at of [instant, summer]) assert.equal(formatDateTime(at), formatDateTime(at, zone), zone);
  }
});

test('dates are written the ISO way', () => {
  assert.equal(formatDateTime(instant, 'UTC'), '2026-11-22 01:14:33.411 UTC');
});

test('runs of three and more flows are joined', () => {
  assert.equal(formatFlows([7, 0, 2, 3, 12, 4, 13]), '0 2-4 7 12 13');
  assert.equal(formatFlows([]), '');
});

test('numbers stand flush right, and no line ends in blanks', () => {
  assert.deepEqual(
    formatTable(
      [{ title: 'path' }, { title: 'ms', align: 'right' }, { title: 'x' }],
      [
        ['a', '127.1', ''],
        ['bcdef', '9.0', 'y'],
      ],
    ),
    ['path      ms  x', 'a      127.1', 'bcdef    9.0  y'],
  );
});
