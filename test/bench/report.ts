import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needsChromium, openPage, painted, startBrowser } from '../browser/browser.js';
import { RXRAY } from '../e2e/rxray.js';
import { writeRecording } from '../report/write-recording.js';
import type { Part } from './part.js';

const MS = 1e6;
const SAMPLES = 10_000_000;
const MOST_OPEN_MS = 5_000;
const MOST_ZOOM_MS = 300;
const MOST_PAGE_MB = 8;
const KEYS = ['n', '+', '-', 'n', 'ArrowRight', '0', 'n', 'l', 'l', '0'];
const METER_EVERY_MS = 50;

interface Making {
  readonly seconds: number;
  readonly residentMb: number;
  readonly pageMb: number;
}

interface Showing {
  readonly openMs: number;
  /** Of each key, until it was painted. */
  readonly zoomMs: readonly number[];
}

/** Ten million probes: from the recording to a page, and how the page feels. */
export const report: Part = {
  name: 'report',
  about: '10 million samples from a recording to a page, and the page in a browser',
  run: async ({ say }) => {
    const folder = mkdtempSync(join(tmpdir(), 'rxray-bench-report-'));
    try {
      say('writing a recording of 10 million samples');
      const [recording, page] = [join(folder, 'run.rxr'), join(folder, 'report.html')];
      await writeRecording(recording, { samples: SAMPLES, paths: 4, intervalNs: MS, stallEveryNs: 5_000 * MS });
      say('making the page');
      const making = await make(recording, page);
      say('opening it');
      const showing = needsChromium.skip === undefined ? await show(page) : undefined;
      const slowest = Math.max(...(showing?.zoomMs ?? []));
      return {
        tables: [
          {
            title: 'report',
            columns: ['samples/s', 'resident MB', 'page MB', 'open ms', 'zoom ms, slowest'].map(
              (title) => ({ title, align: 'right' }) as const,
            ),
            rows: [
              [
                `${(SAMPLES / making.seconds / 1e6).toFixed(1)} million`,
                making.residentMb.toFixed(0),
                making.pageMb.toFixed(1),
                showing?.openMs.toFixed(0) ?? '-',
                showing ? slowest.toFixed(0) : '-',
              ],
            ],
          },
        ],
        targets: [
          {
            asked: `page ≤ ${MOST_PAGE_MB} MB`,
            measured: making.pageMb.toFixed(1),
            met: making.pageMb <= MOST_PAGE_MB,
          },
          ...(showing
            ? [
                {
                  asked: `opens in ≤ ${MOST_OPEN_MS} ms`,
                  measured: showing.openMs.toFixed(0),
                  met: showing.openMs <= MOST_OPEN_MS,
                },
                { asked: `zooms in ≤ ${MOST_ZOOM_MS} ms`, measured: slowest.toFixed(0), met: slowest <= MOST_ZOOM_MS },
              ]
            : []),
        ],
        data: { ...making, ...showing },
        notes: needsChromium.skip === undefined ? [] : [`not opened: ${needsChromium.skip}`],
      };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function make(recording: string, page: string): Promise<Making> {
  const began = performance.now();
  const child = spawn(process.execPath, [RXRAY, 'report', recording, '-o', page, '-q'], { stdio: 'inherit' });
  let residentKb = 0;
  const meter = setInterval(() => {
    residentKb = Math.max(residentKb, residentOf(child.pid));
  }, METER_EVERY_MS);
  const [status] = await once(child, 'exit');
  clearInterval(meter);
  if (status !== 0) throw new Error(`rxray report ended with ${status}`);
  const seconds = (performance.now() - began) / 1e3;
  return { seconds, residentMb: residentKb / 1024, pageMb: statSync(page).size / 1e6 };
}

/** The most it ever had resident; 0 when it has ended. */
function residentOf(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

async function show(file: string): Promise<Showing> {
  const browser = await startBrowser();
  try {
    const began = performance.now();
    const { page } = await openPage(browser, file);
    await page.locator('#plots').scrollIntoViewIfNeeded();
    await page.waitForSelector('.canvas[data-from]');
    const openMs = performance.now() - began;
    await page.locator('#plot-0 .canvas').focus();
    const zoomMs: number[] = [];
    for (const key of KEYS) {
      const pressed = performance.now();
      await page.keyboard.press(key);
      await painted(page);
      zoomMs.push(performance.now() - pressed);
    }
    return { openMs, zoomMs };
  } finally {
    await browser.close();
  }
}
