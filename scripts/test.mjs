#!/usr/bin/env node
// Sets up, builds, checks, and runs every test: fast ones first, then those that send real packets.
// `npm test -- unit` or `npm test -- real [WORD]` runs a part, after a build, of files whose path has WORD.
// `npm run quick` is what to run before every commit: types, lint, layers and the unit tests.
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, statSync } from 'node:fs';
import { availableParallelism, cpus, freemem } from 'node:os';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { root, sideBySide, step } from './step.mjs';

/** Folders, and files by name, whose tests send packets. */
const REAL = /^(lab|e2e|transports)\/|\/(helper|portable|connect)-engine[^/]*\.test\.js$|^install\//;

/**
 * Of those, the ones that judge no exact time: they mostly wait, and run side by side. `none` is among them as nobody may
 * be blamed on a busy machine either. The others have the machine for themselves, `check` among them: what it counts has
 * a limit of time.
 */
const UNTIMED =
  /^transports\/|^engines\/|^lab\/(lab|truth)\.|^e2e\/(command-line|bisect-endings|outcomes|import-|recordings\.|trace-syscalls-|dashboard|engines\.|none\.|far-waits|run-ends|nothing-unasked|tracer-rights|old-kernel)/;
const AT_ONCE = 3;
/** Captures of some hundred MB, several at once. */
const LEAST_MEMORY = 4e9;

/** These take longest and begin first, so that no CPU waits at the end. */
const LONG =
  /\/(old-kernel|campaign|replay|import|none|dashboard|engines|recordings|\w+-engine\.contract|ssh-endings)\.test\.js$/;

const SLOWEST = 10;

const [part = 'all', word = ''] = process.argv.slice(2);
const began = performance.now();
const tests = join(root, 'dist/test');

useMemoryForTemporaryFiles();

const tally = { passed: 0, failed: 0, skipped: 0, open: 0 };
const seconds = new Map();
const phases = [];

if (part === 'all') await phase('setup', () => step('node', ['scripts/setup.mjs', '--for', 'test']));
await phase('build', () => step('node', ['scripts/build.mjs']));
if (part === 'quick') await phase('checks', () => step('node', ['scripts/check.mjs']));
if (part === 'all') {
  const make = ['make', '--no-print-directory', '-s', '-C', 'native'];
  await phase('checks and native tests', () =>
    sideBySide([
      ['node', 'scripts/check.mjs'],
      [...make, 'test', 'fuzz', `FUZZ_SECONDS=${process.env.CI ? 10 : 3}`],
    ]),
  );
}

const files = testFiles(tests).filter((path) => path.includes(word));
const real = files.filter((path) => REAL.test(relative(tests, path)));
const untimed = real.filter((path) => UNTIMED.test(relative(tests, path)));
const timed = real.filter((path) => !untimed.includes(path));
const unit = files.filter((path) => !real.includes(path));

if (part !== 'real') await phase('unit tests', () => runTests(unit, availableParallelism()));
if (part === 'all' || part === 'real') {
  await phase('real tests side by side', () => runTests(untimed, AT_ONCE));
  await phase('real tests one by one', () => runTests(timed, 1));
}

console.log('\nthe slowest files:');
for (const [path, took] of [...seconds].sort((a, b) => b[1] - a[1]).slice(0, SLOWEST)) {
  console.log(`${took.toFixed(1).padStart(7)} s  ${path}`);
}
console.log(`\n${phases.join(', ')}`);
console.log(`${Math.round((performance.now() - began) / 1000)} s in all`);
console.log(
  `${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped${tally.open === 0 ? '' : `, ${tally.open} known to be open`}`,
);
process.exitCode = tally.failed > 0 || tally.passed === 0 ? 1 : 0;

/** Tests write and read a lot that nobody keeps: where memory has room for it, none of them waits for a disk. */
function useMemoryForTemporaryFiles() {
  const memory = '/dev/shm';
  const mount = readFileSync('/proc/mounts', 'utf8').match(new RegExp(`^\\S+ ${memory} tmpfs (\\S+)`, 'm'));
  if (process.env.TMPDIR !== undefined || mount === null || mount[1].split(',').includes('noexec')) return;
  const { bavail, bsize } = statfsSync(memory);
  if (Math.min(bavail * bsize, freemem()) < LEAST_MEMORY) return;
  const folder = mkdtempSync(join(memory, 'rxray-test-'));
  // Some tests run as other users.
  chmodSync(folder, 0o1777);
  process.env.TMPDIR = folder;
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
}

/** Notes how long it took, and how busy the CPUs were. */
async function phase(name, work) {
  const start = performance.now();
  const before = cpuTimes();
  await work();
  const after = cpuTimes();
  const busy = 1 - (after.idle - before.idle) / Math.max(1, after.all - before.all);
  phases.push(`${name} ${Math.round((performance.now() - start) / 1000)} s (CPUs ${Math.round(100 * busy)} %)`);
}

function cpuTimes() {
  const times = cpus().map((cpu) => cpu.times);
  const sum = (of) => times.reduce((total, one) => total + of(one), 0);
  return { idle: sum(({ idle }) => idle), all: sum((one) => Object.values(one).reduce((a, b) => a + b)) };
}

function testFiles(folder) {
  if (!existsSync(folder)) return [];
  return (
    readdirSync(folder, { recursive: true })
      .filter((name) => name.endsWith('.test.js'))
      .map((name) => join(folder, name))
      // They want a cluster: npm run test:cluster.
      .filter((path) => !relative(folder, path).startsWith('cluster/'))
      .filter((path) => statSync(path).isFile())
      .sort((a, b) => Number(LONG.test(b)) - Number(LONG.test(a)) || (a < b ? -1 : 1))
  );
}

async function runTests(paths, concurrency) {
  if (paths.length === 0) return;
  const stream = run({ files: paths, concurrency });
  const ended = ({ file, nesting, details }) => {
    if (nesting !== 0) return;
    const name = relative(tests, file);
    seconds.set(name, (seconds.get(name) ?? 0) + details.duration_ms / 1000);
  };
  // Suites and files are counted by node as tests of their own: only what has no tests inside counts here.
  stream.on('test:pass', (event) => {
    ended(event);
    if (event.details.type === 'suite' || isFile(event)) return;
    if (event.skip !== undefined && event.skip !== false) tally.skipped += 1;
    else tally.passed += 1;
  });
  stream.on('test:fail', (event) => {
    ended(event);
    if (event.details.type === 'suite') return;
    // Known, with its reason in the test: told, and no failure of today.
    if (event.todo !== undefined && event.todo !== false) tally.open += 1;
    else tally.failed += 1;
  });
  await new Promise((resolve) => stream.compose(new spec()).on('end', resolve).pipe(process.stdout, { end: false }));
}

function isFile(event) {
  return event.name.endsWith('.test.js');
}
