#!/usr/bin/env node
// Sets up, builds, checks, and runs every test. Those that judge exact times have the machine for themselves. Faults that
// take a CPU take the second: beside them tests that need one CPU keep to the first. Behind these and all that come after
// them run, on what they leave of the CPUs, the ones that only compute or wait.
// In the end files whose tests failed run once more (test/again.mjs).
// `npm test -- unit` or `npm test -- real [WORD]` runs a part, after a build, of files whose path has WORD.
// `npm run quick` is what to run before every commit: types, lint and the unit tests that do not take seconds each.
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, statSync } from 'node:fs';
import { availableParallelism, freemem } from 'node:os';
import { join, relative } from 'node:path';
import { root, step } from './step.mjs';
import { filesToRunAgain } from './test/again.mjs';
import { startBehind, startOnFirstCpu } from './test/apart.mjs';
import { leaveNothingBehind } from './test/left-behind.mjs';
import { Phases } from './test/phases.mjs';
import { runTests } from './test/run-tests.mjs';
import { Tally } from './test/tally.mjs';
import { together } from './test/together.mjs';

/** Folders, and files by name, whose tests send packets, or measure in real time. */
const REAL =
  /^(lab|e2e|transports)\/|\/(helper|portable|connect)-engine[^/]*\.test\.js$|^install\/|^recording\/replay-real-time\.|^requests\/(http|dns|starved|kernel-stamps)\.|^store\/agents-source\./;

/** Of those, the ones that judge no exact time and mostly wait. */
const UNTIMED =
  /^transports\/(?!clock-exchange)|^engines\/(?!helper-engine-(tap|hears))|^lab\/(lab|truth)\.|^e2e\/(command-line|bisect-endings|outcomes|import-passive|recordings\.|trace-syscalls-|dashboard|far-waits|run-ends|nothing-unasked|old-kernel|tracer-rights|check-firewall)/;
/** The ones that compare instants to a millisecond or less: two at a time leave half of the CPUs, and nothing else runs. */
const EXACT = /^e2e\/(stall-detection|engine-stalls|rtt-accuracy|omission)\./;
/**
 * The ones that judge nothing shorter than some tens of milliseconds, and whose faults hold packets: they keep to the
 * first CPU beside those whose faults take the second.
 */
const FIRST_CPU =
  /^e2e\/(agent|agent-flows|agent-kills|server-counters|engines|killed-and-dead|real-servers|import-tools)\.|^requests\/(http|dns|starved|kernel-stamps)\.|^store\/agents-source\.|^engines\/helper-engine-(tap|hears)\.|^transports\/clock-exchange\./;
/**
 * The ones in which nobody is to be blamed, or one behind what holds packets: with two at once nobody waits for a CPU, as
 * the receive threads of all labs are on the first, where each waits some tens of milliseconds if enough others run.
 */
const HOLDING =
  /^e2e\/(none|agent-changes|report-requests|request-verdicts|holding-verdicts)\.|^recording\/replay-real-time\.|^lab\/(overlay|holding-faults|serving-faults)\./;
/**
 * They take both CPUs, where nobody is to be blamed for what others take, or account for each hold of one, where whoever
 * else has a CPU at the time may be in the account.
 */
const ALONE = /^e2e\/(none-disturbed|fleet-agents|recorded-bisection)\./;
/** Captures of some hundred MB, several at once. */
const LEAST_MEMORY = 4e9;

/** These take longest and begin first, so that no CPU waits at the end. */
const LONG =
  /\/(stall-detection|old-kernel|campaign|replay|import|none|agent-changes|dashboard|engines|recordings|\w+-engine\.contract|ssh-endings)\.test\.js$/;

/** Unit tests that take seconds each: they draw hundreds of runs, or start programs. `quick` does without them. */
const SLOW =
  /^(recording\/(replay|recording|golden)|bisect\/(campaign|situations|local-evidence)|fleet\/inbound|detect\/(coverage|properties|endurance)|requests\/(http|dns|starved)|survey\/real-store|imports\/(import|fuzz)|engines\/.*contract|browser\/.*|kubernetes\/read-cluster|docs\/pages|deploy\/(alerts|dashboards))\.test\.js$/;

/** Of the helpers, with sanitizers and fuzzers; away from the source ports that probers of other tests hold. */
const NATIVE = 'make --no-print-directory -s -C native test fuzz FUZZ_SECONDS=3';
const NATIVE_TESTS =
  process.getuid() === 0 ? ['unshare', '--net', 'sh', '-c', `ip link set lo up && exec ${NATIVE}`] : NATIVE.split(' ');

const [part = 'all', word = ''] = process.argv.slice(2);
const tests = join(root, 'dist/test');
const tally = new Tally(tests);
const phases = new Phases();

useMemoryForTemporaryFiles();
leaveNothingBehind();

if (part === 'all') await phases.of('setup', () => step('node', ['scripts/setup.mjs', '--for', 'test']));
await phases.of('build', () => step('node', ['scripts/build.mjs']));
if (part === 'quick') await phases.of('types and lint', () => step('node', ['scripts/check.mjs', '--quick']));

const files = testFiles(tests).filter((path) => path.includes(word));
const is = (kind) => (path) => kind.test(relative(tests, path));
const isNot = (kind) => (path) => !is(kind)(path);
const unit = files.filter(isNot(REAL));
const [slow, small] = [unit.filter(is(SLOW)), unit.filter(isNot(SLOW))];
const timed = files.filter(is(REAL)).filter(isNot(UNTIMED));
const untimed = files.filter(is(REAL)).filter(is(UNTIMED));

if (part === 'all' || part === 'real') {
  await phases.of('exact tests, two at a time', () => runTests(timed.filter(is(EXACT)), 2, tally));
  const behind =
    part === 'all'
      ? startBehind([...untimed, ...slow, ...together(small)], tally, [NATIVE_TESTS, ['node', 'scripts/check.mjs']])
      : startBehind(untimed, tally);
  const beside = startOnFirstCpu(timed.filter(is(FIRST_CPU)), tally);
  const others = timed.filter(isNot(EXACT)).filter(isNot(FIRST_CPU));
  const faults = others.filter(isNot(HOLDING)).filter(isNot(ALONE));
  await phases.of('tests whose faults take the second CPU, others beside them', () => runTests(faults, 1, tally));
  await phases.of('the rest of those beside', () => Promise.all([beside, behind.isIdle || behind.ended]));
  // The receive threads of all labs are on the first.
  behind.keepTo('1');
  await phases.of('those that want both CPUs', () => runTests(others.filter(is(ALONE)), 1, tally));
  await phases.of('tests that blame nobody for a CPU', () => runTests(others.filter(is(HOLDING)), 2, tally));
  behind.keepTo(`0-${availableParallelism() - 1}`);
  await phases.of('the rest of those behind', () => behind.ended);
} else {
  const wanted = [...(part === 'quick' ? [] : slow), ...together(small)];
  await phases.of('unit tests', () => runTests(wanted, availableParallelism(), tally));
  if (part === 'quick') console.log(`${slow.length} slower files of unit tests were left out: npm test -- unit`);
}

const again = part === 'all' ? filesToRunAgain(tally.failures, files) : [];
if (again.length > 0) await phases.of('files that failed, once more and by themselves', () => runAgain(again));

console.log(`\n${tally.slowest()}\n\n${phases}\n${tally}`);
process.exitCode = tally.isGood() ? 0 : 1;

async function runAgain(paths) {
  console.log(`\nonce more, by themselves: ${paths.map((path) => relative(tests, path)).join(', ')}`);
  const second = new Tally(tests);
  await runTests(paths, 1, second);
  tally.ranAgain(second);
}

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
