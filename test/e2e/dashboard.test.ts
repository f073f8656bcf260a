import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createReadStream, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { needsRoot } from './lab-probing.js';
import { RXRAY } from './rxray.js';
import { isAlive, type Left, needsTmux, type TerminalOptions, TmuxTerminal } from './tmux-terminal.js';

const NODE = 'node';
const PROBER = 'rxray-prober';
const PATIENCE_MS = 20_000;

const folder = mkdtempSync(join(tmpdir(), 'rxray-dash-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A simulated queue that stalls, in the time of the clock. */
const scenario = join(folder, 'live.yaml');
const stalls = fileURLToPath(new URL('../../../test/fixtures/scenarios/rx-queue-stall.yaml', import.meta.url));
writeFileSync(scenario, `speed: realtime\n${readFileSync(stalls, 'utf8')}`);

const SIMULATED = [
  'dash',
  '172.16.47.27:30927',
  '172.16.47.27',
  '--threshold',
  '50',
  '--engine',
  'sim',
  '--scenario',
  scenario,
];
const UTF8 = { LC_ALL: 'C.UTF-8', TZ: 'UTC', NO_COLOR: '' };

function open(t: TestContext, args: readonly string[], options: TerminalOptions = {}, nodeOptions: string[] = []) {
  const environment = { ...UTF8, ...options.environment };
  const terminal = new TmuxTerminal([process.execPath, ...nodeOptions, RXRAY, ...args], { ...options, environment });
  t.after(() => terminal.close());
  return terminal;
}

/** The codes of all sequences that set how characters look. */
function attributes(styled: string): number[] {
  const sequence = new RegExp(`${String.fromCharCode(27)}\\[([\\d;]*)m`, 'g');
  return [...styled.matchAll(sequence)].flatMap(([, codes = '']) => codes.split(';').map(Number));
}

/** The terminal is as the program found it. */
function assertRestored(left: Left): void {
  const { status: _, ...terminal } = left;
  assert.deepEqual(terminal, { sameModes: true, alternateScreen: false, cursorShown: true, mouse: false });
}

test('a recording is watched again, as fast as it happened, and ends with its summary', needsTmux, async (t) => {
  const recording = join(folder, 'run.rxr');
  const args = ['probe', '172.16.47.27:30927', '--threshold', '50', '--scenario', scenario, '-d', '8s', '-q'];
  const made = spawnSync(process.execPath, [RXRAY, ...args, '--record', recording], { encoding: 'utf8' });
  assert.equal(made.status, 0, made.stderr);
  const terminal = open(t, ['replay', recording, '--live']);
  const screen = await terminal.shows(/live \d\d:\d\d:\d\d UTC/);
  assert.match(screen, /172\.16\.47\.27:30927\/syn/);
  assertRestored(await terminal.left());
  await terminal.prints(/packets transmitted/);
});

test('start, a stall, keys, resize, quit: what the screen shows, and the summary after it', needsTmux, async (t) => {
  const terminal = open(t, SIMULATED);
  const first = await terminal.shows(/live \d\d:\d\d:\d\d UTC/);
  assert.match(first, /172\.16\.47\.27:30927\/syn .*\n.*172\.16\.47\.27\/icmp/);
  const stalled = await terminal.shows(/■ \d+ stalls? on \d of 2 paths/);
  assert.match(stalled, /─ 172\.16\.47\.27\S* ─ ■ \d+\.\d ms, \d+ held till \d\d:\d\d:\d\d\.\d{3}/);
  assert.match(stalled, /┬\d\d:\d\d:\d\d|▲/);

  terminal.press('?');
  await terminal.shows(/─ keys ─[\s\S]*quit, and print the summary/);
  terminal.press('?');
  terminal.press('Down');
  await terminal.shows(/▸ . 172\.16\.47\.27\/icmp/);
  terminal.press('Enter');
  await terminal.shows(/target +172\.16\.47\.27 by icmp/);
  terminal.press('Enter');
  terminal.press('f');
  await terminal.shows(/─ flows ─ one: ICMP/);
  terminal.press('f');
  terminal.press('Space');
  const held = await terminal.shows(/‖ held/);
  terminal.press('-');
  await terminal.shows(/20 ms\/dot|┬\d\d:\d\d:\d\d\b/);
  terminal.press('Space');
  await terminal.shows(/▶ live/);
  assert.match(held, /q quit +\? help +space go on/);

  terminal.resize(160, 50);
  await terminal.shows(/r reset +o columns +arrows path, time/);
  terminal.resize(60, 20);
  await terminal.shows(/rxray needs 80 x 24\s+this is 60 x 20/);
  terminal.resize(80, 24);
  await terminal.shows(/▶ live/);

  terminal.press('q');
  const left = await terminal.left();
  assert.equal(left.status, 0);
  assertRestored(left);
  await terminal.prints(/--- local>172\.16\.47\.27:30927\/syn statistics ---\n\d+ packets transmitted/);
});

test('a click selects the path it points at', needsTmux, async (t) => {
  const terminal = open(t, SIMULATED);
  const screen = await terminal.shows(/▸ .*\n.*172/);
  const row = screen.split('\n').findIndex((line) => line.includes('172.16.47.27/icmp'));
  terminal.click(10, row);
  await terminal.shows(/▸ . 172\.16\.47\.27\/icmp/);
  terminal.click(10, row - 1);
  await terminal.shows(/▸ . 172\.16\.47\.27:30927\/syn/);
});

test('sixteen colours, the terminal’s own; none with NO_COLOR', needsTmux, async (t) => {
  const coloured = open(t, SIMULATED);
  await coloured.shows(/■ \d+ stall/);
  const styled = coloured.styled();
  assert.ok(attributes(styled).some((code) => code >= 31 && code <= 37));
  assert.ok(!attributes(styled).some((code) => code === 38 || code === 48), 'none by number or by its parts');
  const plain = open(t, SIMULATED, { environment: { NO_COLOR: '1' } });
  await plain.shows(/■ \d+ stall/);
  const codes = attributes(plain.styled());
  assert.deepEqual(
    codes.filter((code) => (code >= 30 && code <= 38) || (code >= 40 && code <= 48) || code >= 90),
    [],
  );
  assert.ok(
    codes.some((code) => [1, 4, 7].includes(code)),
    'bold, underline and reverse are no colours',
  );
});

test('LANG=C: nothing but ASCII', needsTmux, async (t) => {
  const terminal = open(t, SIMULATED, { environment: { LC_ALL: 'C' } });
  const screen = await terminal.shows(/# \d+ stalls? on/);
  assert.match(screen, /^[\n -~]*$/);
  assert.match(screen, /> . 172\.16/);
});

for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) {
  test(`${signal}: the terminal is given back, and the summary printed`, needsTmux, async (t) => {
    const terminal = open(t, SIMULATED);
    await terminal.shows(/▶ live/);
    process.kill(await terminal.process(NODE), signal);
    const left = await terminal.left();
    assert.equal(left.status, 0);
    assertRestored(left);
    await terminal.prints(/packets transmitted/);
  });
}

test('probe --live is drawn too, and Ctrl-C ends it as q does', needsTmux, async (t) => {
  const terminal = open(t, ['probe', ...SIMULATED.slice(1), '--live']);
  await terminal.shows(/▶ live/);
  terminal.press('C-c');
  assertRestored(await terminal.left());
  await terminal.prints(/packets transmitted/);
});

test('an exception that nobody caught: the terminal is given back, and says what happened', needsTmux, async (t) => {
  const throwing = "data:text/javascript,process.on('SIGUSR2',()=>{throw new Error('a defect')})";
  const terminal = open(t, SIMULATED, {}, ['--import', throwing]);
  await terminal.shows(/▶ live/);
  process.kill(await terminal.process(NODE), 'SIGUSR2');
  const left = await terminal.left();
  assert.notEqual(left.status, 0);
  assertRestored(left);
  await terminal.prints(/Error: a defect/);
});

test('SIGKILL, which nothing can catch: the terminal is given back all the same', needsTmux, async (t) => {
  const terminal = open(t, SIMULATED);
  await terminal.shows(/▶ live/);
  process.kill(await terminal.process(NODE), 'SIGKILL');
  assert.equal((await terminal.left()).status, 137);
  // What gives it back is told of the death by a pipe, and is not waited for by anybody.
  await terminal.comesBack();
});

test('the prober is killed: the terminal is given back, and what it told is printed', {
  ...needsRoot,
  ...needsTmux,
}, async (t) => {
  const terminal = open(t, ['dash', '127.0.0.1', '127.0.0.2:9']);
  await terminal.shows(/● 127\.0\.0\.1\/icmp +100\/s/);
  process.kill(await terminal.process(PROBER), 'SIGKILL');
  assertRestored(await terminal.left());
  await terminal.prints(/--- local>127\.0\.0\.1\/icmp statistics ---/);
  await terminal.prints(/the prober ended early/);
});

test('real probes: rates and figures of each path; q ends the prober too', {
  ...needsRoot,
  ...needsTmux,
}, async (t) => {
  const terminal = open(t, ['dash', '127.0.0.1', '127.0.0.2:9', '-i', '20ms']);
  await terminal.shows(/127\.0\.0\.1\/icmp +(?:4\d|50)\/s +0% +0\.\d{3}/);
  const prober = await terminal.process(PROBER);
  terminal.press('q');
  const left = await terminal.left();
  assert.equal(left.status, 0);
  assertRestored(left);
  assert.equal(isAlive(prober), false);
});

test('a hosts file: all its paths and the causes; after q the verdict is printed', {
  ...needsRoot,
  ...needsTmux,
}, async (t) => {
  const hosts = join(folder, 'hosts.yaml');
  const targets = '  one: { kind: node, address: 127.0.0.1, port: 9 }\n  two: { kind: external, address: 127.0.0.2 }\n';
  writeFileSync(hosts, `vantages:\n  here: { transport: local }\ntargets:\n${targets}`);
  const terminal = open(t, ['dash', '--hosts', hosts], { columns: 130, rows: 40 });
  await terminal.shows(/─ causes ─ \d+ incidents?[\s\S]*rx-queue/);
  const screen = await terminal.shows(/one\/icmp +\d+\/s/);
  assert.match(screen, /one\/syn +\d+\/s +\d/);
  assert.match(screen, /two\/icmp +\d+\/s +\d/);
  terminal.press('q');
  assertRestored(await terminal.left());
  await terminal.prints(/^VERDICT {2}/m);
});

test('the window is closed: dashboard and prober end', { ...needsRoot, ...needsTmux }, async (t) => {
  const terminal = open(t, ['dash', '127.0.0.1']);
  await terminal.shows(/▶ live/);
  const processes = [await terminal.process(NODE), await terminal.process(PROBER)];
  terminal.close();
  for (let waitedMs = 0; processes.some(isAlive); waitedMs += 50) {
    assert.ok(waitedMs < PATIENCE_MS, 'they did not end');
    await sleep(50);
  }
});

test('the prober cannot start: told on the terminal as it was', { ...needsRoot, ...needsTmux }, async (t) => {
  const terminal = open(t, ['dash', '127.0.0.1', '-I', 'nosuch0']);
  const left = await terminal.left();
  assert.equal(left.status, 4);
  assertRestored(left);
  await terminal.prints(/nosuch0.*\n? *.*\[E_/);
});

test('without a terminal: refused with what to do', () => {
  const { status, stderr } = spawnSync(process.execPath, [RXRAY, 'dash', '127.0.0.1'], { encoding: 'utf8', input: '' });
  assert.equal(status, 2);
  assert.match(stderr, /the dashboard needs a terminal.*\[E_NO_TERMINAL\]/);
});

test('a terminal that takes nothing any more stops no sample: all of them are in the file', {
  ...needsRoot,
}, async (t) => {
  const file = join(folder, 'slow.ndjson');
  const command = `stty cols 100 rows 30; exec ${process.execPath} ${RXRAY} dash 127.0.0.1 --json -o ${file}`;
  const script = spawn('script', ['-qfec', command, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...UTF8, TERM: 'xterm' },
  });
  t.after(() => script.kill('SIGKILL'));
  let drawn = '';
  script.stdout.setEncoding('utf8').on('data', (text: string) => {
    drawn += text;
  });
  await eventually(() => drawn.includes('live'), 'the dashboard was never drawn');
  // Stopped, it reads the terminal no more; the kernel keeps 4 KB for it, which a few frames fill.
  script.kill('SIGSTOP');
  t.after(() => script.kill('SIGCONT'));
  const ended = new Promise<void>((resolve) => script.once('close', () => resolve()));
  // Until it is whole it stands beside its name.
  const growing = (): number =>
    Math.max(
      0,
      ...readdirSync(folder).flatMap((name) => (name.includes('slow.ndjson') ? statSync(join(folder, name)).size : [])),
    );
  const sizeThen = growing();
  const ofThreeSeconds = 300 * 190;
  await eventually(() => growing() > sizeThen + ofThreeSeconds, 'the file grew no further');
  script.kill('SIGCONT');
  script.stdin.write('q');
  await ended;
  const seqs: number[] = [];
  let quality: { droppedRecords: number; missedSlots: number } | undefined;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const record = JSON.parse(line);
    if (record.type === 'sample') seqs.push(record.seq);
    if (record.type === 'quality') quality = record;
  }
  assert.ok(seqs.length > 250, `${seqs.length} samples`);
  assert.equal(quality?.droppedRecords, 0);
  const missing = Math.max(...seqs) + 1 - new Set(seqs).size;
  assert.ok(missing <= (quality?.missedSlots ?? 0), `${missing} samples missing, ${quality?.missedSlots} never sent`);
});

async function eventually(holds: () => boolean, failure: string): Promise<void> {
  for (let waitedMs = 0; !holds(); waitedMs += 50) {
    assert.ok(waitedMs < PATIENCE_MS, failure);
    await sleep(50);
  }
}
