// Runs files of tests with node:test, so many at once.
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

export async function runTests(paths, concurrency, tally) {
  if (paths.length === 0) return;
  const stream = run({ files: paths, concurrency });
  stream.on('test:pass', (event) => tally.passed(event));
  stream.on('test:fail', (event) => tally.failed(event));
  await new Promise((resolve) => stream.compose(new spec()).on('end', resolve).pipe(process.stdout, { end: false }));
}
