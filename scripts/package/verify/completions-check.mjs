// Manual pages and completions, read by the programs that they are for.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../step.mjs';

const file = (name) => join(root, 'completions', name);

export function checkManual(ok) {
  const pages = readdirSync(join(root, 'man'));
  for (const page of pages) {
    const { status, stderr, stdout } = spawnSync('man', ['--warnings', '-l', join(root, 'man', page)], {
      encoding: 'utf8',
      env: { ...process.env, MANWIDTH: '100', LANG: 'C.UTF-8' },
    });
    // A page under a further name finds the other only where both are installed.
    const alias = ['probe.1', 'bisect.1'].includes(page);
    if (!alias && (status !== 0 || stderr.trim() !== '' || !/NAME/.test(stdout))) throw new Error(`${page}: ${stderr}`);
  }
  ok(`man shows ${pages.length} pages without a warning`);

  const bash = (words) =>
    lines('bash', [
      '--norc',
      '-c',
      `. ${file('rxray.bash')}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _rxray; printf '%s\\n' "\${COMPREPLY[@]}"`,
    ]);
  include(bash(['rxray', '']), ['probe', 'bisect', 'doctor'], 'bash');
  include(bash(['rxray', 'probe', '--eng']), ['--engine'], 'bash');
  include(bash(['rxray', 'probe', '--engine', '']), ['helper', 'connect'], 'bash');
  include(bash(['rxray', 'trace', '']), ['stall', 'rx', 'syscalls'], 'bash');
  include(bash(['rxray', 'trace', 'stall', '--']), ['--min', '--folded'], 'bash');
  include(bash(['/usr/bin/probe', '--timest']), ['--timestamps'], 'bash');
  ok('bash completes commands, options and choices');

  const fish = (line) =>
    lines('fish', ['--no-config', '-c', `source ${file('rxray.fish')}; complete -C '${line}'`]).map(
      (text) => text.split('\t')[0],
    );
  include(fish('rxray '), ['probe', 'bisect', 'doctor'], 'fish');
  include(fish('rxray probe --eng'), ['--engine'], 'fish');
  include(fish('rxray probe --engine '), ['helper', 'connect'], 'fish');
  include(fish('rxray trace '), ['stall', 'rx', 'syscalls'], 'fish');
  include(fish('rxray trace stall --'), ['--min', '--folded'], 'fish');
  include(fish('probe --timest'), ['--timestamps'], 'fish');
  ok('fish completes commands, options and choices');

  // It lays short words out in columns.
  const zsh = (line) =>
    lines('zsh', ['-f', join(root, 'scripts/package/verify/zsh-completion.zsh'), file('_rxray'), line]).flatMap((row) =>
      row.split(/ {2,}/),
    );
  include(zsh('rxray '), ['probe', 'bisect', 'doctor'], 'zsh');
  include(zsh('rxray probe --eng'), ['--engine'], 'zsh');
  include(zsh('rxray probe --engine '), ['helper', 'connect'], 'zsh');
  include(zsh('rxray trace '), ['stall', 'rx', 'syscalls'], 'zsh');
  include(zsh('rxray trace stall --'), ['--min', '--folded'], 'zsh');
  include(zsh('probe --timest'), ['--timestamps'], 'zsh');
  ok('zsh completes commands, options and choices');
}

function lines(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000 });
  if (error || status !== 0) throw new Error(`${command}: ${error?.message ?? stderr}`);
  return stdout.split('\n').map((line) => line.trim());
}

function include(got, wanted, shell) {
  const missing = wanted.filter((word) => !got.some((line) => line === word || line.startsWith(`${word} `)));
  if (missing.length > 0) throw new Error(`${shell} does not offer ${missing.join(', ')}, but ${got.join(' | ')}`);
}
