// A control group whose processes run only where nobody else wants a CPU. Their class alone does not do it: where the
// kernel gives each session a share of its own, classes count within one only.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the CPU controller has its groups: of version 1, and of version 2 where it is there. */
const ROOTS = ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup'];
/** Of each second, what programs of labs that ask for real time may take; by itself a group of version 1 has none. */
const REAL_TIME_US = '400000';

export class IdleGroup {
  /** Undefined where the kernel makes none. */
  folder = ROOTS.map((root) => join(root, `rxray-behind-${process.pid}`)).find(make);

  /** Joins the group, with all that this process starts from now on; where there is none, a session of little weight. */
  static join(folder) {
    if (folder === '') attempt(() => writeFileSync('/proc/self/autogroup', '19'));
    else writeFileSync(join(folder, 'cgroup.procs'), '0');
  }

  /** Leaves all CPUs but these to others from now on. @param cpus a list, as `taskset` takes it */
  keepTo(cpus) {
    if (this.folder === undefined) return;
    // Twice, as some may have just been started by one that was not asked yet.
    for (let times = 0; times < 2; times += 1) {
      for (const pid of this.#members()) spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', cpus, pid]);
    }
  }

  /** What is still in it goes on, but outside. */
  remove() {
    if (this.folder === undefined) return;
    const outside = join(this.folder, '..', 'cgroup.procs');
    // Who was just killed is in it for a moment more.
    for (let times = 0; times < 40; times += 1) {
      for (const pid of this.#members()) attempt(() => writeFileSync(outside, pid));
      if (attempt(() => rmdirSync(this.folder))) break;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
    this.folder = undefined;
  }

  #members() {
    return readFileSync(join(this.folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean);
  }
}

function make(folder) {
  const file = (name) => join(folder, name);
  if (!attempt(() => mkdirSync(folder))) return false;
  const isIdle = existsSync(file('cpu.idle')) && attempt(() => writeFileSync(file('cpu.idle'), '1'));
  const realTime = file('cpu.rt_runtime_us');
  if (isIdle && (!existsSync(realTime) || attempt(() => writeFileSync(realTime, REAL_TIME_US)))) return true;
  attempt(() => rmdirSync(folder));
  return false;
}

/** @returns whether it succeeded */
function attempt(what) {
  try {
    what();
    return true;
  } catch {
    return false;
  }
}
