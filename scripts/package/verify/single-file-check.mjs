// The single executable, alone on a Debian without Node.js.
import { cpSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { packagesFolder, version } from '../places.mjs';
import { ownPlatform } from '../platforms.mjs';
import { ANSWERED, BY_HELPER } from './answered.mjs';
import { insideCleanRoot } from './clean-root.mjs';

export function checkSingleFile() {
  return insideCleanRoot(import.meta.url, { name: `rxray-${ownPlatform().name}` });
}

/** By the clock of the clean root, without what it takes to go there. */
function startUpMs(expect, tester) {
  const once = 'from=$(date +%s%N); rxray --version > /dev/null; echo $((($(date +%s%N) - from) / 1000000))';
  const { stdout } = expect(`for _ in $(seq 10); do ${once}; done`, tester);
  return Math.min(...stdout.trim().split('\n').map(Number));
}

export function inside({ root, expect, ok }, { name }) {
  cpSync(join(packagesFolder, name), join(root, 'usr/local/bin/rxray'));
  expect('ln -s rxray /usr/local/bin/probe && useradd -m tester && ! command -v node');
  const tester = { user: 'tester' };
  expect('rxray --version', { ...tester, matches: new RegExp(`^${version}\n$`) });
  expect('rxray probe 127.0.0.1 --engine connect -c 20 -i 50ms', { ...tester, matches: ANSWERED });
  expect('probe 127.0.0.1 -c 20', { matches: BY_HELPER });
  expect('NODE_OPTIONS=--no-such-option rxray --version', tester);
  const mebibytes = (statSync(join(packagesFolder, name)).size / 2 ** 20).toFixed(1);
  ok(`${mebibytes} MiB; --version within ${startUpMs(expect, tester)} ms, the least of ten`);
  ok('on a Debian without Node.js: 20 probes answered by engine connect, and by the helper for root');
  expect(
    'test "$(stat -c %a:%U ~/.cache/rxray)" = 700:tester && test "$(stat -c %a ~/.cache/rxray/rxray-icmp-*)" = 500',
    tester,
  );
  expect(
    'printf x > /tmp/other && chmod 700 ~/.cache/rxray/* && for file in ~/.cache/rxray/*; do cp /tmp/other $file; done',
    tester,
  );
  expect('rxray probe 127.0.0.1 --engine connect -c 20 -i 50ms', { ...tester, matches: ANSWERED });
  ok('helpers lie in a folder of the user alone (0700), and are unpacked again where their bytes are others');
  const told = JSON.parse(expect('rxray --version --json', tester).stdout);
  for (const { origin, sha256, belongs } of Object.values(told.helpers))
    if (origin !== 'single file' || sha256 !== belongs) throw new Error(JSON.stringify(told));
  expect('rxray doctor --fix && usermod -aG rxray tester');
  expect('rxray probe 127.0.0.1 -c 20', { ...tester, matches: BY_HELPER });
  ok('with capabilities granted by rxray doctor --fix the helper probes for a member of the group');
  expect(
    'mkdir -p /dev/pts && mount -t devpts -o newinstance,ptmxmode=0666 devpts /dev/pts && ln -sf pts/ptmx /dev/ptmx',
  );
  const dash = 'stty cols 100 rows 30; TERM=xterm-256color rxray dash 127.0.0.1:9 --engine connect';
  expect(`(sleep 6; printf q) | script -qefc "${dash}" /tmp/screen`, tester);
  expect('grep -a "127.0.0.1:9/syn" /tmp/screen', tester);
  ok('rxray dash draws on a terminal, and ends by q');
  expect(
    'rxray probe 127.0.0.1 -p 9 -c 50 --record /tmp/run.rxr.zst && rxray report /tmp/run.rxr.zst -o /tmp/run.html',
    { ...tester },
  );
  expect('grep -c "<svg\\|<canvas\\|<script" /tmp/run.html', tester);
  expect('rxray replay /tmp/run.rxr.zst', tester);
  ok('a recording in zstd is written, replayed and made a page of');
}
