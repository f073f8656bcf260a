#!/usr/bin/env node
// What README and docs show as printed by rxray is printed by rxray: each such block names what it is replayed from.
//
//   <!-- transcript: replay test/fixtures/transcripts/queue.rxr.zst --threshold 20 | lines 1-3, 7 -->
//   ```
//   $ sudo rxray probe …        the command that was run when it was recorded
//   …                           its output, made anew by the command in the comment; what is left out reads …
//   ```
//
// `npm run transcripts` writes the blocks anew, `--check` fails where one is not what it would write.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, output, root } from './step.mjs';

const BLOCK = /(<!-- transcript: (.+?) -->\n+```\n((?:\$ .*\n)?))([\s\S]*?)(```\n)/g;
const check = process.argv.includes('--check');
const pages = ['README.md', ...readdirSync(join(root, 'docs'), { recursive: true }).map((name) => join('docs', name))];

let blocks = 0;
const stale = [];
for (const page of pages.filter((name) => name.endsWith('.md'))) {
  const file = join(root, page);
  const before = readFileSync(file, 'utf8');
  const after = before.replace(BLOCK, (_, head, spec, _command, _old, tail) => {
    blocks += 1;
    return `${head}${printed(spec)}${tail}`;
  });
  if (after === before) continue;
  if (check) stale.push(page);
  else writeFileSync(file, after);
}
if (stale.length > 0) fail(`not what rxray prints today: ${stale.join(', ')} (npm run transcripts)`);
console.log(`${blocks} transcripts`);

/** What the command prints on standard output, of which some lines. */
function printed(spec) {
  const [command = '', wanted] = spec.split(' | lines ');
  const text = output(process.execPath, [join(root, 'dist/src/main.js'), ...command.trim().split(/\s+/)], {
    anyStatus: true,
  });
  if (text === undefined || text === '') fail(`rxray ${command} prints nothing`);
  const lines = text.split('\n').map((line) => line.trimEnd());
  if (wanted === undefined) return `${lines.join('\n')}\n`;
  const shown = [];
  let next = 1;
  for (const range of wanted.split(',')) {
    const [from = 1, to = from] = range
      .trim()
      .split('-')
      .map((end) => (end === '' ? lines.length : Number(end)));
    if (from > next) shown.push('…');
    shown.push(...lines.slice(from - 1, to));
    next = to + 1;
  }
  if (next <= lines.length) shown.push('…');
  return `${shown.join('\n')}\n`;
}
