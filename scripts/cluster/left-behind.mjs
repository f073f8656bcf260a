// What a run of the cluster's tests makes on this machine, all of it under one name, and how it is taken away again:
// by the run itself, by what outlives it when it is killed, and at the next start when nothing did.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const RUNS = '/run/rxray-cluster';
const NETWORKS = '/run/netns';
const GROUPS = '/sys/fs/cgroup';
/** What was killed keeps its control group until it has been waited for. */
const MOST_ROUNDS = 50;
const ROUND_MS = 100;

/** Folders, network namespaces and control groups of a run; those of its nodes begin with its own name. */
export const namesOf = (pid) => ({ folder: join(RUNS, String(pid)), name: `rxray-cluster-${pid}` });

/** @returns what a run of this process goes by; its folder is there */
export function beginRun() {
  const names = namesOf(process.pid);
  mkdirSync(names.folder, { recursive: true });
  writeFileSync(join(names.folder, 'owner'), startOf(process.pid));
  return names;
}

/** Takes away what runs have left whose process is gone; those of others that still run are left alone. */
export async function sweepDeadRuns() {
  for (const pid of existsSync(RUNS) ? readdirSync(RUNS) : []) {
    const owner = readText(join(RUNS, pid, 'owner'));
    if (owner !== '' && owner === startOf(pid)) continue;
    console.error(`taking away what run ${pid} of the cluster's tests has left`);
    await sweep(namesOf(pid));
  }
}

/** @returns all that there is of a run, by kinds; mounts are those of whoever asks */
export function leftOf({ folder, name }) {
  const networks = networksOf(name);
  const mounts = readText('/proc/self/mountinfo').split('\n');
  return {
    processes: processesOf(folder, networks),
    networks,
    groups: groupsOf(name),
    mounts: mounts.filter((line) => line.includes(folder) || line.includes(`${NETWORKS}/${name}`)),
    folders: [folder].filter(existsSync),
  };
}

/** Ends all processes of a run, and removes its namespaces, control groups and folder. */
export async function sweep({ folder, name }) {
  const networks = networksOf(name);
  await endAll(folder, networks);
  for (const network of networks) spawnSync('ip', ['netns', 'del', network]);
  await removeGroups(name);
  rmSync(folder, { recursive: true, force: true });
}

/** Ends what runs in a folder or in network namespaces, at once. */
export async function endAll(folder, networks) {
  // Shims outlive containerd, and containers their shims: all are looked for before the first is gone.
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const left = processesOf(folder, networks);
    if (left.length === 0) return;
    for (const pid of left) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended in between.
      }
    }
    await sleep(ROUND_MS);
  }
}

/** Removes the control groups under this name, of every hierarchy. */
export async function removeGroups(name) {
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const left = groupsOf(name);
    if (left.length === 0) return;
    for (const group of left) removeTree(group);
    await sleep(ROUND_MS);
  }
}

function networksOf(name) {
  if (!existsSync(NETWORKS)) return [];
  return readdirSync(NETWORKS).filter((one) => one === name || one.startsWith(`${name}-`));
}

function groupsOf(name) {
  return readdirSync(GROUPS)
    .map((hierarchy) => join(GROUPS, hierarchy, name))
    .filter(existsSync);
}

/** A group goes when those below it are gone. */
function removeTree(group) {
  try {
    for (const entry of readdirSync(group, { withFileTypes: true })) {
      if (entry.isDirectory()) removeTree(join(group, entry.name));
    }
    rmdirSync(group);
  } catch {
    // Something in it has not ended yet, or it went in between.
  }
}

/**
 * Processes that run in one of the network namespaces, name the folder on their command line or have their root in it,
 * with all that they started. The root tells of containers whose shim has ended: nothing else leads to them.
 */
function processesOf(folder, networks) {
  const inodes = new Set(networks.map(inodeOf).filter((inode) => inode !== ''));
  const parents = new Map();
  const found = new Set();
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      parents.set(Number(pid), Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]));
      const isIn = inodes.has(readlinkSync(`/proc/${pid}/ns/net`));
      const isNamed = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${folder}/`);
      const hasRootIn = () => readFileSync(`/proc/${pid}/mountinfo`, 'utf8').split('\n', 1)[0].includes(`${folder}/`);
      if (isIn || isNamed || hasRootIn()) found.add(Number(pid));
    } catch {
      // It ended while it was looked at.
    }
  }
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
  }
  found.delete(process.pid);
  return [...found];
}

function inodeOf(network) {
  const inode = spawnSync('stat', ['-Lc', '%i', join(NETWORKS, basename(network))], { encoding: 'utf8' }).stdout.trim();
  return inode === '' ? '' : `net:[${inode}]`;
}

/**
 * When a process was started, in ticks since the machine was: its number alone may be another's by now. Empty of one that
 * has ended, waited for or not.
 */
function startOf(pid) {
  const [state, ...others] = readText(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
  return state === 'Z' ? '' : (others[18] ?? '');
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
