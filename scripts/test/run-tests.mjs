// Runs files of tests with node:test, so many at once.
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

/**
 * What hardly runs again is not optimised (src/installation/late-optimization.ts), and garbage is collected by one thread:
 * on two CPUs that others want too, several take a tenth to a fifth of the processor time of a test to wait for each other.
 */
const FLAGS = [
  '--single-threaded-gc',
  ...(process.versions.node.startsWith('20.') ? ['--interrupt-budget=1000000'] : []),
];

export async function runTests(paths, concurrency, tally) {
  if (paths.length === 0) return;
  // The runner hands them on to the processes of the tests.
  process.execArgv.push(...FLAGS.filter((flag) => !process.execArgv.includes(flag)));
  const stream = run({ files: paths, concurrency });
  stream.on('test:pass', (event) => tally.passed(event));
  stream.on('test:fail', (event) => tally.failed(event));
  await new Promise((resolve) => stream.compose(new spec()).on('end', resolve).pipe(process.stdout, { end: false }));
}
