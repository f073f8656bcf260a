#!/usr/bin/env node
// Makes docs/report.png: a fault in the lab, bisected, recorded and reported, as a browser shows it.
// Needs root for the namespaces, and chromium. After npm run build.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { fail, root } from './step.mjs';

const LAB = 'shot-report';
/** A fault found is a status of 1. */
const FINE = [0, 1];

const folder = mkdtempSync(join(tmpdir(), 'rxray-shot-'));
try {
  rxray('lab', 'up', '--name', LAB, '--queues', '4');
  try {
    const stalls = ['--period', '900ms-2800ms', '--length', '80ms-180ms', '--seed', '2019', '--duration', '60s'];
    rxray('lab', 'fault', 'softirq', 'on', '--name', LAB, ...stalls);
    const hosts = `/run/rxray-lab/${LAB}/hosts.yaml`;
    const run = ['--threshold', '25', '--cpu', '0', '-d', '20s', '--record', join(folder, 'run.rxr')];
    rxray('bisect', '--hosts', hosts, ...run);
  } finally {
    rxray('lab', 'down', '--name', LAB);
  }
  rxray('report', join(folder, 'run.rxr'), '-o', join(folder, 'report.html'));
  await shoot(join(folder, 'report.html'), join(root, 'docs/report.png'));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function rxray(...words) {
  console.error(`$ rxray ${words.join(' ')}`);
  const { status } = spawnSync(process.execPath, [join(root, 'dist/bin/rxray.js'), ...words], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (!FINE.includes(status)) fail(`rxray ${words[0]} ended with ${status}`);
}

/** The verdict, and below it the plots of the paths that were held longest, zoomed to one stall. */
async function shoot(file, picture) {
  mkdirSync(join(root, 'docs'), { recursive: true });
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage({ viewport: { width: 1240, height: 2400 }, deviceScaleFactor: 1 });
    await page.goto(`file://${file}`);
    await page.waitForSelector('.canvas[data-from]');
    await page.locator('#evidence').evaluate((section) => section.remove());
    await page.locator('[data-do="next"]').click();
    await page.waitForTimeout(300);
    const { y, height } = await page.locator('#plot-2').boundingBox();
    await page.screenshot({ path: picture, clip: { x: 0, y: 0, width: 1240, height: Math.round(y + height) } });
  } finally {
    await browser.close();
  }
}
