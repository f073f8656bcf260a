#!/usr/bin/env node
// Makes docs/dashboard.svg anew: the dashboard over a lab in which a receive queue stalls. Needs root and tmux.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { svgOf } from './ansi-svg.mjs';
import { fail, root, step } from './step.mjs';

const LAB = 'shots';
const SOCKET = `rxray-shots-${process.pid}`;
const COLUMNS = 120;
const ROWS = 40;
const PATIENCE_MS = 90_000;
const TITLE =
  'rxray dash in a terminal: paths with their figures, RTT over send time with the diagonal of a stall, flows, incidents and causes';
/** The verdict stands, the strip shows a stall whole, and the table some history. */
const WANTED = [
  /rx-queue at node, (>0\.999|0\.9\d+)/,
  /─ ■ \d+\.\d ms, ([7-9]|\d\d) held till/,
  /▲/,
  /[34]\d s · \d+ paths/,
];

if (process.getuid() !== 0) fail('The lab needs root: run this with sudo.');
const main = join(root, 'dist/bin/rxray.js');
// Throws where it fails, so that the lab goes down all the same.
const rxray = (...args) => execFileSync(process.execPath, [main, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
const tmux = (...args) =>
  execFileSync('tmux', ['-L', SOCKET, ...args], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8', TMUX: '' },
  });

step('node', ['scripts/build.mjs']);
try {
  rxray('lab', 'up', '--name', LAB);
  rxray(
    'lab',
    'fault',
    'rx-queue',
    'on',
    '--name',
    LAB,
    '--period',
    '2500ms-3500ms',
    '--length',
    '120ms-220ms',
    '--queue',
    '1',
    '--seed',
    '3',
    '--duration',
    '120s',
  );
  const dash = `env LC_ALL=C.UTF-8 TZ=UTC NO_COLOR= ${process.execPath} ${main} dash --hosts /run/rxray-lab/${LAB}/hosts.yaml --threshold 50 --cpu 0 --only 'shell>*' 'client>*'`;
  tmux('-f', '/dev/null', '-u', 'new-session', '-d', '-x', String(COLUMNS), '-y', String(ROWS), 'sh', '-c', dash);
  const screen = await wanted();
  mkdirSync(join(root, 'docs'), { recursive: true });
  writeFileSync(join(root, 'docs/dashboard.svg'), svgOf(screen, TITLE));
  console.error('docs/dashboard.svg is new.');
} finally {
  try {
    tmux('kill-server');
  } catch {
    // It never started.
  }
  rxray('lab', 'down', '--name', LAB);
}

async function wanted() {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += 200) {
    const screen = tmux('capture-pane', '-p', '-e', '-N');
    const text = tmux('capture-pane', '-p');
    if (WANTED.every((pattern) => pattern.test(text))) return screen;
    await sleep(200);
  }
  throw new Error(`the dashboard never showed what was wanted:\n${tmux('capture-pane', '-p')}`);
}
