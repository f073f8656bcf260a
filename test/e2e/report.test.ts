import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { faultOff, faultOn } from '../../src/lab/faults.js';
import { labDown, labUp } from '../../src/lab/lab.js';
import { drawnAxes, needsChromium, openPage, painted, startBrowser } from '../browser/browser.js';
import { needsRoot } from './lab-probing.js';

const LAB = { name: 'report' };
const DURATION = '10s';
const main = fileURLToPath(new URL('../../src/main.js', import.meta.url));

/** Statuses are told by what a command found: they are not failures here. */
async function rxray(...words: string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [main, ...words]).catch((error: { code?: unknown; stderr?: string }) => {
    if (typeof error.code !== 'number' || ![1, 3].includes(error.code)) throw new Error(error.stderr ?? String(error));
  });
}

/** What the live run wrote, one object a line, by type. */
function readLive(path: string) {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  const objects = lines.map((line) => JSON.parse(line));
  const of = (type: string) => objects.filter((object) => object.type === type);
  return { verdict: of('verdict')[0], summaries: of('summary'), findings: of('finding'), incidents: of('incident') };
}

const byRelease = (a: { release: number; path?: string }, b: { release: number; path?: string }): number =>
  a.release - b.release || String(a.path).localeCompare(String(b.path));

test('a bisection in the lab, recorded and reported: the report says what the live run said, and shows its stalls', {
  ...needsRoot,
  ...needsChromium,
  timeout: 120_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rxray-report-'));
  const file = (name: string): string => join(folder, name);
  try {
    const { hostsFile } = await labUp({ ...LAB, queues: 4 }, () => {});
    try {
      await faultOn(
        'rx-queue',
        { lab: LAB, seed: 2019, periodMs: [700, 1500], lengthMs: [90, 180], durationS: 60 },
        () => {},
      );
      const measuring = ['bisect', '--hosts', hostsFile, '--threshold', '25', '--cpu', '0', '-d', DURATION];
      await rxray(...measuring, '--json', '-o', file('live.ndjson'), '--record', file('run.rxr'));
      await faultOff('all', LAB);
    } finally {
      await labDown(LAB, () => {});
    }
    await rxray('report', file('run.rxr'), '-o', file('report.json'), '-q');
    const live = readLive(file('live.ndjson'));
    const told = JSON.parse(readFileSync(file('report.json'), 'utf8'));
    assert.deepEqual(told.verdict, live.verdict);
    assert.deepEqual(told.summaries, live.summaries);
    assert.deepEqual(told.findings.sort(byRelease), live.findings.sort(byRelease));
    assert.deepEqual(told.incidents.sort(byRelease), live.incidents.sort(byRelease));
    assert.ok(told.findings.length > 0, 'the fault was found');

    await rxray('report', file('run.rxr'), '-o', file('report.html'), '-q');
    await rxray('report', file('run.rxr'), '-o', file('report.md'), '-q');
    assert.ok(existsSync(file('report.md')));
    const browser = await startBrowser();
    try {
      const { page, troubles } = await openPage(browser, file('report.html'));
      assert.ok((await page.locator('h1').textContent())?.startsWith(live.verdict.cause));
      assert.equal(await page.locator('#evidence > div tbody tr').count(), live.summaries.length);
      await page.locator('#plots').scrollIntoViewIfNeeded();
      await page.waitForSelector('.canvas[data-from]');
      await page.locator('#stalls button.show').first().click();
      await painted(page);
      const [axis] = await drawnAxes(page);
      assert.ok(axis && axis.to - axis.from < 2, JSON.stringify(axis));
      assert.deepEqual(troubles, []);
    } finally {
      await browser.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
