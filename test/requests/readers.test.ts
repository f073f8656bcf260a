import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { rxray } from '../e2e/rxray.js';
import { serve } from './asked-server.js';

/** Of npm and Debian 12 there is neither: they are asked where somebody has put them. */
function needs(program: string): { skip: string | false } {
  const found = spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
  return { skip: found ? false : `${program} is not on the PATH` };
}

const REQUESTS = 40;
/** So many take longer than the others. */
const SLOW = 4;
const SLOW_MS = 80;

/** Requests to a server on loopback, as a format writes them. @returns the file */
async function written(t: TestContext, format: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'rxray-readers-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  let asked = 0;
  const port = await serve(t, (_, response) => {
    asked += 1;
    setTimeout(() => response.end('hello'), asked % (REQUESTS / SLOW) === 0 ? SLOW_MS : 0);
  });
  const file = join(folder, format);
  const url = `http://127.0.0.1:${port}/`;
  // biome-ignore format: one command line
  const { status, err } = await rxray('probe', '--requests-alone', '--http', url, '-c', String(REQUESTS), '--rate', '40', '--format', format, '-o', file);
  assert.equal(status, 0, err);
  return file;
}

function run(program: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout;
}

suite('what reads our formats, itself', () => {
  test('vegeta report and encode', needs('vegeta'), async (t) => {
    const file = await written(t, 'vegeta');
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    const latencies = lines.map((line) => (JSON.parse(line) as { latency: number }).latency).sort((a, b) => a - b);
    const told = JSON.parse(run('vegeta', 'report', '-type', 'json', file)) as {
      readonly requests: number;
      readonly success: number;
      readonly status_codes: Readonly<Record<string, number>>;
      readonly latencies: Readonly<Record<'min' | 'max' | '50th' | 'mean', number>>;
    };
    assert.deepEqual([told.requests, told.success, told.status_codes], [REQUESTS, 1, { 200: REQUESTS }]);
    assert.deepEqual([told.latencies.min, told.latencies.max], [latencies[0], latencies.at(-1)]);
    assert.ok(told.latencies.max >= SLOW_MS * 1e6);
    const mean = latencies.reduce((sum, ns) => sum + ns, 0) / REQUESTS;
    assert.ok(Math.abs(told.latencies.mean - mean) < 1_000);
    assert.equal(run('vegeta', 'encode', '-to', 'csv', file).trim().split('\n').length, REQUESTS);
  });

  test('hdr-plot', needs('hdr-plot'), async (t) => {
    const file = await written(t, 'hdrplot');
    run('hdr-plot', '--output', `${file}.png`, '--title', 'requests', file);
    assert.equal(readFileSync(`${file}.png`).subarray(1, 4).toString(), 'PNG');
  });
});
