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
