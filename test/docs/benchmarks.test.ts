import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { type Benchmarks, benchmarksPage, type KeptPart, mergeParts } from '../bench/benchmarks-page.js';
import { PARTS } from '../bench/parts.js';

const DOCS = join(import.meta.dirname, '../../../docs');

suite('docs/benchmarks.md', () => {
  const kept = JSON.parse(readFileSync(join(DOCS, 'benchmarks.json'), 'utf8')) as Benchmarks;
  const page = readFileSync(join(DOCS, 'benchmarks.md'), 'utf8');

  test('is what the last runs say: npm run bench', () => {
    assert.equal(page, benchmarksPage(kept, PARTS));
  });

  test('has a row for every part, and a section with every table and target of those that were run', () => {
    for (const { name } of PARTS) assert.match(page, new RegExp(`^\\| (\\[${name}\\]|${name} )`, 'm'));
    for (const part of kept.parts) {
      assert.ok(page.includes(`\n## ${part.name}\n`), part.name);
      for (const { title } of part.tables) assert.ok(page.includes(`**${title}**`), title);
      for (const { asked } of part.targets) assert.ok(page.includes(`* ${asked}: `), asked);
    }
  });

  test('a part run again takes the place of its last run, and a peer that wins is shown', () => {
    const part = (name: string, theirs: number): KeptPart => ({
      ...{ name, about: `about ${name}`, command: `bench ${name}`, startedAt: '2026-01-02T00:00:00Z', stealShare: 0 },
      machine: {
        ...{ processor: 'cpu', processors: 2, memoryBytes: 1, kernel: '6.1', machine: 'x86_64' },
        versions: { rxray: '1' },
      },
      ...{ tables: [], targets: [{ asked: 'at most 1', measured: '2', met: false }], notes: [] },
      comparisons: [{ what: 'a probe', ours: 60, peer: 'fping', theirs, unit: 'µs' }],
    });
    const merged = mergeParts({ parts: [part('b', 50), part('gone', 1)] }, [part('a', 70), part('b', 80)], ['a', 'b']);
    assert.deepEqual(
      merged.parts.map(({ name, comparisons }) => [name, comparisons[0]?.theirs]),
      [
        ['a', 70],
        ['b', 80],
      ],
    );
    const all = ['a', 'b', 'c'].map((name) => ({ name, about: `about ${name}` }));
    assert.match(benchmarksPage(merged, all), /Nowhere, in what was measured[\s\S]*\*\*not met\*\*/);
    assert.match(benchmarksPage(merged, all), /\| c \| about c \| not measured yet \|/);
    const beaten = benchmarksPage({ parts: [part('b', 50)] }, all);
    assert.match(beaten, /\| a probe \| 60 µs \| fping: 50 µs \|/);
  });
});
