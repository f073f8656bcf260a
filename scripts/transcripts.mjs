#!/usr/bin/env node
// What README and docs show as printed by rxray is printed by rxray: each such block names what it is made from.
//
//   <!-- transcript: replay test/fixtures/transcripts/queue.rxr.zst --threshold 20 | lines 1-3, VERDICT+12 -->
//   ```
//   $ sudo rxray probe …        the command that was run when it was recorded
//   …                           its output, made anew by the command in the comment; what is left out reads …
//   ```
//
// Lines go by number, or by the first that has a word and how many from there: `VERDICT+12`.
//
// `npm run transcripts` writes the blocks anew, `--check` fails where one is not what it would write.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, root } from './step.mjs';

const BLOCK = /(<!-- transcript: (.+?) -->\n+```\n((?:\$ .*\n)?))([\s\S]*?)(```\n)/g;
const check = process.argv.includes('--check');
const docs = readdirSync(join(root, 'docs'), { recursive: true }).map((name) => join('docs', name));
const pages = ['README.md', ...docs].filter((name) => name.endsWith('.md'));

let blocks = 0;
const stale = [];
for (const page of pages) {
  const file = join(root, page);
  const before = readFileSync(file, 'utf8');
  const after = before.replace(BLOCK, (_, head, spec, _command, _old, tail) => {
    blocks += 1;
    return `${head}${shown(spec)}${tail}`;
  });
  if (after === before) continue;
  if (check) stale.push(page);
  else writeFileSync(file, after);
}
if (stale.length > 0) fail(`not what rxray prints today: ${stale.join(', ')} (npm run transcripts)`);
console.log(`${blocks} transcripts`);

/** Of what the command prints on standard output the wanted lines. */
function shown(spec) {
  const [command = '', wanted = '1-'] = spec.split(' | lines ');
  const lines = printed(command.trim().split(/\s+/)).split('\n');
  const text = [];
  let next = 1;
  for (const range of wanted.split(',')) {
    const [from, to] = span(range.trim(), lines, command);
    if (from > next) text.push('…');
    text.push(...lines.slice(from - 1, to));
    next = to + 1;
  }
  if (next <= lines.length) text.push('…');
  return `${text.join('\n')}\n`;
}

/** A status of 1 or 3 is what was found, and no failure. */
function printed(words) {
  const env = { ...process.env, TZ: 'UTC', NO_COLOR: '1', LC_ALL: 'C.UTF-8' };
  const run = spawnSync(process.execPath, ['dist/bin/rxray.js', ...words], { cwd: root, encoding: 'utf8', env });
  if (run.stdout === '' || ![0, 1, 3].includes(run.status)) fail(`rxray ${words.join(' ')}: ${run.stderr}`);
  return run.stdout.trimEnd().replace(/[ \t]+$/gm, '');
}

/** The first and the last line of a range. */
function span(range, lines, command) {
  const [, word, count] = /^(.+)\+(\d+)$/.exec(range) ?? [];
  if (word === undefined) {
    const [from = 1, to = from] = range.split('-').map((end) => (end === '' ? lines.length : Number(end)));
    return [from, to];
  }
  const at = lines.findIndex((line) => line.includes(word)) + 1;
  if (at === 0) fail(`rxray ${command} prints no line with ${word}`);
  return [at, at + Number(count) - 1];
}
