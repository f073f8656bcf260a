// What tests leave that are ended before their own end: nobody takes their labs down then.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../step.mjs';

const LABS = '/run/rxray-lab/';

/** On a signal, ends what this process has started, and takes down the labs of this checkout. */
export function leaveNothingBehind() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => {
      // Programs of labs are among what is ended.
      const names = labs();
      for (const pid of descendants(process.pid)) kill(pid);
      for (const name of names) {
        spawnSync(process.execPath, [join(root, 'dist/bin/rxray.js'), 'lab', 'down', '--name', name], {
          stdio: 'inherit',
        });
      }
      process.exit(1);
    });
  }
}

/** Oldest first: who waits for a child must not start another. */
function descendants(pid) {
  const parents = new Map(everyPid().map((one) => [one, Number(read(`/proc/${one}/stat`).match(/\) \S (\d+)/)?.[1])]));
  const found = [pid];
  for (const parent of found) for (const [one, its] of parents) if (its === parent) found.push(one);
  return found.slice(1);
}

/** Labs that programs of this checkout keep up. */
function labs() {
  const programs = join(root, 'native/build/lab/');
  const names = everyPid().flatMap((pid) => {
    if (!linkOf(`/proc/${pid}/exe`).startsWith(programs)) return [];
    const state = read(`/proc/${pid}/cmdline`)
      .split('\0')
      .find((word) => word.startsWith(LABS));
    return state === undefined ? [] : [state.slice(LABS.length).split('/')[0]];
  });
  return new Set(names);
}

const everyPid = () => readdirSync('/proc').map(Number).filter(Number.isInteger);

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function linkOf(file) {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
