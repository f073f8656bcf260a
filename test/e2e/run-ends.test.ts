import assert from 'node:assert/strict';
import {
  closeSync,
  copyFileSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildRecording } from '../recording/build-recording.js';
import { withFolder } from '../recording/temporary-folder.js';
import { records, rxray, rxrayIn, scenarioFile, startRxray } from './rxray.js';

const capture = fileURLToPath(new URL('../../../test/fixtures/imports/shell.pcap.gz', import.meta.url));
const SIM = ['--engine', 'sim', '--scenario', scenarioFile('rx-queue-stall'), '--threshold', '40'];
const probing = (length: string): string[] => ['probe', '172.16.47.27', '-d', length, ...SIM];

describe('no command writes over what it reads or records', () => {
  for (const [what, words] of [
    ['replay', (folder: string) => ['replay', join(folder, 'run.rxr'), '-o', join(folder, 'link')]],
    ['export', (folder: string) => ['export', join(folder, 'run.rxr'), '--csv', '-o', join(folder, 'run.rxr')]],
    ['report', (folder: string) => ['report', join(folder, 'run.rxr'), '--format', 'md', '-o', join(folder, 'link')]],
    ['import', (folder: string) => ['import', join(folder, 'c.pcap.gz'), '-o', join(folder, 'c.pcap.gz')]],
    [
      'probe',
      (folder: string) => [...probing('10s'), '--record', join(folder, 'new.rxr'), '-o', join(folder, 'new.rxr')],
    ],
    [
      'probe, its scenario',
      (folder: string) => [
        'probe',
        '172.16.47.27',
        '-d',
        '1s',
        '--engine',
        'sim',
        '--scenario',
        join(folder, 's.yaml'),
        '--record',
        join(folder, 's.yaml'),
      ],
    ],
  ] as const) {
    test(what, async () => {
      await withFolder(async (folder) => {
        await buildRecording(join(folder, 'run.rxr'), { samples: 200 });
        symlinkSync('run.rxr', join(folder, 'link'));
        copyFileSync(capture, join(folder, 'c.pcap.gz'));
        copyFileSync(scenarioFile('clean'), join(folder, 's.yaml'));
        const sizes = readdirSync(folder).map((name) => [name, statSync(join(folder, name)).size]);
        const { status, err } = await rxray(...words(folder));
        assert.equal(status, 2, err);
        assert.match(err, /as well as .*\[E_OUTPUT\]/);
        assert.deepEqual(
          readdirSync(folder).map((name) => [name, statSync(join(folder, name)).size]),
          sizes,
        );
      });
    });
  }
});

describe('a full disk is E_OUTPUT and status 4, whatever the command', () => {
  for (const [what, words] of [
    ['schema', () => ['schema']],
    ['the version', () => ['--version']],
    ['help', () => ['probe', '--help']],
    ['hosts example', () => ['hosts', 'example']],
    ['check --list', () => ['check', '--list']],
    ['probe --json', () => [...probing('10s'), '--json']],
    ['replay', (folder: string) => ['replay', join(folder, 'run.rxr'), '--json']],
    ['export', (folder: string) => ['export', join(folder, 'run.rxr'), '--csv']],
    ['report', (folder: string) => ['report', join(folder, 'run.rxr')]],
    ['import', () => ['import', capture]],
    ['replay of a bisection', () => ['replay', bisection]],
  ] as const) {
    test(what, async () => {
      await withFolder(async (folder) => {
        await buildRecording(join(folder, 'run.rxr'), { samples: 2_000, stallEveryNs: 4e9 });
        const full = openSync('/dev/full', 'w');
        try {
          const { status, err } = await rxrayIn({ stdout: full }, ...words(folder));
          assert.equal(status, 4, err);
          assert.match(err, /cannot write standard output: ENOSPC.*\[E_OUTPUT\]\n {2}→ /);
          assert.doesNotMatch(err, /E_INTERNAL|\bat .*\.js/);
        } finally {
          closeSync(full);
        }
      });
    });
  }

  test('replay of a bisection with -o', async () => {
    const { status, err } = await rxray('replay', bisection, '-o', '/dev/full');
    assert.equal(status, 4, err);
    assert.match(err, /cannot write \/dev\/full: .*\[E_OUTPUT\]/);
  });
});

const bisection = fileURLToPath(new URL('../../../test/fixtures/recordings/v1/bisect.rxr.zst', import.meta.url));

test('a mistake in rxray itself has a status of its own, one line, and how to report it', async () => {
  await withFolder(async (folder) => {
    const broken = join(folder, 'broken.mjs');
    const strange = 'throw new TypeError("no \\u001b[31m such thing")';
    writeFileSync(
      broken,
      `const { parse } = JSON;\nJSON.parse = (text) => { if (text.includes('"name": "rxray"')) ${strange}; return parse(text); };`,
    );
    const env = { ...process.env, NODE_OPTIONS: `--import ${broken}` };
    const { status, err } = await rxrayIn({ env }, '--version');
    assert.equal(status, 70, err);
    assert.match(
      err,
      /^rxray: a mistake in rxray itself: TypeError: no \\u001b\[31m such thing at src\/installation\/\S+\.ts:\d+:\d+ \[E_INTERNAL\]\n {2}→ please report it .*RXRAY_DEBUG=1\n$/,
    );
  });
});

describe('signals', () => {
  const hanging = [...probing('60s'), '--on-stall', 'sleep 1000'];

  for (const [first, second, status] of [
    ['SIGINT', 'SIGINT', 130],
    ['SIGTERM', 'SIGTERM', 143],
    ['SIGINT', 'SIGTERM', 143],
    ['SIGHUP', 'SIGINT', 130],
  ] as const) {
    test(`a second one ends at once, whatever an --on-stall command does: ${first}, ${second}`, async () => {
      const { child, ended, saw } = startRxray(...hanging);
      await saw('measured with');
      child.kill(first);
      await new Promise((resolve) => setTimeout(resolve, 300));
      assert.equal(child.exitCode, null, 'the first one does not cut off what is under way');
      const since = performance.now();
      child.kill(second);
      assert.equal((await ended).status, status);
      assert.ok(performance.now() - since < 2_000, `${performance.now() - since} ms`);
    });
  }

  test('the same one twice at once, as wrappers pass it on, is one', async () => {
    const { child, ended, saw } = startRxray(...probing('10s'), '--on-stall', 'sleep 1');
    await saw('measured with');
    child.kill('SIGTERM');
    child.kill('SIGTERM');
    const { status, out } = await ended;
    assert.equal(status, 0);
    assert.match(out, /packets transmitted/);
  });

  test('stopped from the terminal it sends nothing; continued it goes on, and tells the pause as its own', {
    skip: process.getuid?.() === 0 ? false : 'raw sockets: needs root',
  }, async () => {
    const { child, ended, saw } = startRxray('probe', '127.0.0.1', '--icmp', '-d', '5s', '--json');
    await saw('"sample"');
    const helper = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
    const stateOf = (pid: unknown): string | undefined =>
      /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    child.kill('SIGTSTP');
    const since = performance.now();
    while (stateOf(child.pid) !== 'T' || stateOf(helper) !== 'T') {
      assert.ok(performance.now() - since < 2_000, `${stateOf(child.pid)} ${stateOf(helper)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await new Promise((resolve) => setTimeout(resolve, 600));
    child.kill('SIGCONT');
    const { status, out } = await ended;
    assert.equal(status, 0);
    const [summary] = records<{ missedSlots: number; received: number }>(out, 'summary');
    assert.ok((summary?.missedSlots ?? 0) >= 50 && (summary?.received ?? 0) >= 100, JSON.stringify(summary));
    for (const finding of records<{ selfInflicted: boolean }>(out, 'finding')) assert.ok(finding.selfInflicted);
  });
});

test('a reader that leaves ends the run silently, and it is no success', async () => {
  const { child, ended } = startRxray(...probing('600s'), '--json');
  child.stdout?.once('data', () => child.stdout?.destroy());
  const { status, err } = await ended;
  assert.deepEqual([status, err], [4, '']);
});

test('-o - is standard output, and no file', async () => {
  await withFolder(async (folder) => {
    await buildRecording(join(folder, 'run.rxr'), { samples: 200 });
    const { status, out } = await rxrayIn({ cwd: folder }, 'replay', 'run.rxr', '-o', '-');
    assert.equal(status, 0);
    assert.match(out, /200 packets transmitted/);
    assert.deepEqual(readdirSync(folder), ['run.rxr']);
    assert.ok(readFileSync(join(folder, 'run.rxr')).length > 0);
  });
});
