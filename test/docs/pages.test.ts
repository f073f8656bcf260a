import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { suite, test } from 'node:test';
import { packageFolder } from '../../src/installation/package-folder.js';

const root = packageFolder();
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'native/README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

suite('the pages', () => {
  test('every link leads to a file of the project', () => {
    const dead = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !/^[a-z]+:/.test(target))
        .filter((target) => !existsSync(join(root, dirname(page), target)))
        .map((target) => `${page} → ${target}`),
    );
    assert.deepEqual(dead, []);
    assert.ok(pages.length > 15, `${pages.length} pages`);
  });

  test('every page can be reached from the README', () => {
    const seen = new Set<string>();
    const open = ['README.md'];
    for (let page = open.pop(); page !== undefined; page = open.pop()) {
      if (seen.has(page)) continue;
      seen.add(page);
      for (const [, target = ''] of read(page).matchAll(/\]\(([^)#\s]+\.md)[^)]*\)/g)) {
        open.push(relative(root, join(root, dirname(page), target)));
      }
    }
    assert.deepEqual(
      pages.filter((page) => !seen.has(page)),
      [],
    );
  });

  test('every word leads to files and folders that are there', () => {
    const files = read('docs/words.md')
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .flatMap((line) => [...(line.split('|').at(-2) ?? '').matchAll(/`([^`]+)`/g)].map(([, path = '']) => path));
    assert.ok(files.length >= 25, `${files.length} files`);
    assert.deepEqual(
      files.filter((path) => !existsSync(join(root, path))),
      [],
    );
  });

  test('what they show as printed is what rxray prints from the recordings that they name', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/transcripts.mjs', '--check'], {
      cwd: root,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    assert.ok(Number(/^(\d+) transcripts/.exec(stdout)?.[1]) >= 3, stdout);
  });

  test('the README is read in five minutes', () => {
    assert.ok(statSync(join(root, 'README.md')).size > 0);
    const lines = read('README.md').split('\n').length;
    assert.ok(lines <= 140, `${lines} lines`);
  });
});

function read(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}
