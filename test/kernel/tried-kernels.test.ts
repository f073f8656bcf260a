import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { triedKernelCheck } from '../../src/kernel/tried-kernels.js';

const rows: readonly (readonly [release: string, machine: string, state: string, detail: RegExp])[] = [
  ['6.1.0-50-amd64', 'x86_64', 'works', /^6\.1 was tried on x86_64: trace stall, rx, syscalls$/],
  ['6.12.117+deb13-rt-amd64', 'x86_64', 'works', /^6\.12 with real-time was tried on x86_64: /],
  ['6.1.0-rt50-amd64', 'x86_64', 'works', /^not one of those that were tried on x86_64: 5\.10, 6\.1, /],
  ['6.8.4', 'aarch64', 'works', /^not one of those that were tried on aarch64: 6\.1, 6\.12$/],
  ['5.4.0-1-generic', 'x86_64', 'limited', /^older than what was tried on x86_64: 5\.10 is the oldest$/],
  ['6.12.1', 'riscv64', 'limited', /^nothing was tried on riscv64$/],
];

for (const [release, machine, state, detail] of rows) {
  test(`doctor on Linux ${release} of ${machine}: ${state}`, () => {
    const check = triedKernelCheck(release, machine);
    assert.equal(check.state, state);
    assert.match(check.detail, detail);
  });
}

test('the oldest kernel that the installation page and the limits claim is the oldest of the table, and trace works there', () => {
  const results = readdirSync('docs/kernels').map((name) => JSON.parse(readFileSync(`docs/kernels/${name}`, 'utf8')));
  const oldest = results
    .map(({ release }): number[] => String(release).split('.').slice(0, 2).map(Number))
    .sort(([a = 0, b = 0], [c = 0, d = 0]) => a - c || b - d)[0];
  for (const page of ['docs/install.md', 'docs/limits.md']) {
    const claims = [...readFileSync(page, 'utf8').matchAll(/from Linux (\d+)\.(\d+) on/g)];
    assert.ok(claims.length > 0, page);
    for (const [, major, minor] of claims) assert.deepEqual([Number(major), Number(minor)], oldest, page);
  }
  for (const { kernel, tracer } of results) {
    const refused = Object.entries<{ because?: string }>(tracer.questions).filter(([, { because }]) => because);
    assert.deepEqual(refused, [], kernel);
  }
});

test('no cell of the kernel table is empty, and each dash has its reason below', () => {
  const page = readFileSync('docs/kernels.md', 'utf8');
  const reasons = [...page.matchAll(/^(\d+)\. \S/gm)].map(([, number]) => number);
  const rows = page.split('\n').filter((line) => /^\|.*\|$/.test(line));
  assert.ok(rows.length > 30, `${rows.length} rows`);
  for (const row of rows) {
    for (const cell of row.slice(1, -1).split('|').slice(1)) {
      assert.notEqual(cell.trim(), '', row);
      if (!cell.includes('–')) continue;
      const marks = [...cell.matchAll(/– \[(\d+)\]/g)].map(([, number]) => number);
      assert.ok(marks.length > 0 && marks.every((number) => reasons.includes(number)), row);
    }
  }
});

test('on each kernel of the table whoever held the CPU was named, and long calls were told in both ways', () => {
  for (const name of readdirSync('docs/kernels')) {
    const { stalls, syscalls, sparing } = JSON.parse(readFileSync(`docs/kernels/${name}`, 'utf8'));
    for (const process of ['hold-irq', 'hold-bh', 'hog-fifo'])
      assert.ok(stalls[process].found > 0, `${name} ${process}`);
    assert.ok(syscalls.found > 0 && sparing.waits.found > 0 && sparing.waits.withStacks > 0, name);
  }
});
