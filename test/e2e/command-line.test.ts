import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { recordSchema } from '../../src/commands/schema.js';
import { needsRoot } from './lab-probing.js';
import { pingCounts, rxray, rxrayIn, scenarioFile, startRxray, startRxrayIn } from './rxray.js';

/** Runs `work` with a network namespace whose loopback answers no echo. */
async function withSilentNamespace(work: (netns: string) => Promise<void>): Promise<void> {
  const netns = `rxray-silent-${process.pid}`;
  const ip = (...args: string[]) => execFileSync('ip', args);
  ip('netns', 'add', netns);
  try {
    ip('-n', netns, 'link', 'set', 'lo', 'up');
    ip('netns', 'exec', netns, 'sysctl', '-qw', 'net.ipv4.icmp_echo_ignore_all=1');
    await work(netns);
  } finally {
    ip('netns', 'del', netns);
  }
}

test("too few open files are the machine's doing: one line with what to raise, status 4", async () => {
  const probing = ['probe', '127.0.0.1', '--engine', 'connect', '-c', '1'];
  const { status, err } = await startRxrayIn({ through: ['prlimit', '--nofile=32:32'] }, ...probing).ended;
  assert.equal(status, 4, err);
  assert.match(err, /^rxray: too few open files are allowed \[E_FILES\]\n {2}→ raise ulimit -n/);
});

test('probe by ICMP: exit 0, ping-style statistics, what would have been seen', needsRoot, async () => {
  const { status, out } = await rxray('probe', '127.0.0.1', '-c', '30');
  assert.equal(status, 0, out);
  assert.match(out, /^\d+ packets transmitted, \d+ received, 0% packet loss, time \d+ ms/m);
  const { slots, sent, received } = pingCounts(out);
  assert.deepEqual({ slots, received }, { slots: 30, received: sent });
  assert.match(out, /^rtt min\/avg\/max\/mdev = [\d.]+\/[\d.]+\/[\d.]+\/[\d.]+ ms$/m);
  assert.match(out, /^a stall of the whole host would have been seen with 95 % from \d+(\.\d+)? ms on$/m);
  assert.match(
    out,
    /^one address pair is one queue: a given one of 8 receive queues \(assumed\) is crossed with 12\.5 %/m,
  );
});

test('-c counts what is sent, from fresh ports as from the others', needsRoot, async () => {
  const { out } = await rxray('probe', '127.0.0.1', '--syn', '-p', '9', '-c', '3');
  assert.equal(pingCounts(out).slots, 3, out);
});

test('a closed port answers by RST, which counts; IPv6 too', needsRoot, async () => {
  for (const target of ['127.0.0.1', '::1']) {
    const { status, out } = await rxray('probe', target, '--syn', '-p', '9', '-c', '40', '--json');
    assert.equal(status, 0, out);
    const records = out
      .trimEnd()
      .split('\n')
      .map((line) => recordSchema.parse(JSON.parse(line)));
    const samples = records.filter((record) => record.type === 'sample');
    const replies = samples.filter((record) => record.reply === 'rst');
    assert.ok(replies.length >= 30 && replies.length === samples.length, `${replies.length} of ${samples.length}`);
  }
});

test('an open port answers by SYN-ACK on every pinned flow', needsRoot, async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    const { port } = server.address() as { port: number };
    const { status, out } = await rxray(
      'probe',
      `127.0.0.1:${port}`,
      '-c',
      '64',
      '--flows',
      '1',
      '--fresh',
      '0',
      '--json',
    );
    assert.equal(status, 0, out);
    const samples = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter((record) => record.type === 'sample');
    assert.ok(samples.length >= 48, `${samples.length} samples`);
    assert.deepEqual([...new Set(samples.map((sample) => sample.reply))], ['syn-ack']);
  } finally {
    server.close();
  }
});

test('several targets run on one grid', needsRoot, async () => {
  const { status, out } = await rxray('probe', '127.0.0.1', '127.0.0.2', '127.0.0.3:9', '-c', '20', '--format', 'json');
  assert.equal(status, 0, out);
  const document = JSON.parse(out);
  assert.deepEqual(
    document.summaries.map((summary: { path: string }) => summary.path),
    ['local>127.0.0.1/icmp', 'local>127.0.0.2/icmp', 'local>127.0.0.3:9/syn'],
  );
});

test('hping format: lines as scripts expect them', needsRoot, async () => {
  const { out } = await rxray('probe', '127.0.0.1', '-c', '50', '--format', 'hping');
  const lines = out.split('\n').filter((line) => line.startsWith('ip='));
  assert.ok(lines.length >= 35, out);
  for (const line of lines) assert.match(line, /^ip=127\.0\.0\.1 ttl=64 icmp_seq=\d+ rtt=\d+\.\d{3} ms$/);
});

test('SIGINT ends the run with its summary and exit 0', needsRoot, async () => {
  const { child, ended, saw } = startRxray('probe', '127.0.0.1');
  await saw('threshold 100 ms');
  await sleep(300);
  child.kill('SIGINT');
  const { status, out } = await ended;
  assert.equal(status, 0);
  assert.match(out, /packets transmitted/);
});

test('SIGQUIT prints a snapshot and the run goes on', needsRoot, async () => {
  const { child, ended, saw } = startRxray('probe', '127.0.0.1', '-c', '150');
  await saw('threshold 100 ms');
  child.kill('SIGQUIT');
  await saw('statistics ---');
  const { status, out, err } = await ended;
  assert.equal(status, 0);
  assert.match(err, /--- local>127\.0\.0\.1\/icmp statistics ---/);
  assert.equal(pingCounts(out).slots, 150);
});

test('a reader that leaves ends the run silently', needsRoot, async () => {
  const { child, ended } = startRxray('probe', '127.0.0.1', '--engine', 'helper', '-d', '30s', '--json');
  child.stdout?.once('data', () => child.stdout?.destroy());
  const { status, err } = await ended;
  assert.deepEqual([status, err], [4, '']);
});

test('without any reply the exit status is 1, and the probes are lost', needsRoot, async () => {
  await withSilentNamespace(async (netns) => {
    const { status, out, err } = await rxray('probe', '127.0.0.1', '--netns', netns, '-c', '20', '-W', '200ms');
    assert.equal(status, 1, err);
    assert.match(out, /^\d+ packets transmitted, 0 received, 100% packet loss/m);
    assert.equal(pingCounts(out).slots, 20);
    assert.match(err, /no reply at all from .*127\.0\.0\.1\/icmp/);
  });
});

test('without a route it says so, and names the path', needsRoot, async () => {
  await withSilentNamespace(async (netns) => {
    const { status, err } = await rxray('probe', '192.0.2.1', '--netns', netns, '-c', '5');
    assert.equal(status, 4, err);
    assert.match(err, /192\.0\.2\.1\/icmp: .*\[E_NO_ROUTE\]\n {2}→ /);
  });
});

for (const [scenario, kinds, code] of [
  ['rx-queue-stall', 'stall', 1],
  ['rx-queue-stall', 'loss', 0],
  ['clean', 'stall,spike,loss,congestion,slow-drain', 0],
] as const) {
  test(`--fail-on ${kinds} in a simulated ${scenario} exits ${code}`, async () => {
    const { status, out, err } = await rxray(
      ...[
        'probe',
        '172.16.47.27',
        '-d',
        '60s',
        '--engine',
        'sim',
        '--scenario',
        scenarioFile(scenario),
        '--threshold',
        '40',
        '--fail-on',
        kinds,
      ],
    );
    assert.equal(status, code, out + err);
  });
}

for (const [what, args, code, expected] of [
  ['an interface that is not there', ['probe', '127.0.0.1', '-I', 'nope0'], 4, /E_NO_INTERFACE.*\n.*-I/],
  ['a plan over the limit', ['probe', '127.0.0.1', '-i', '0.5ms'], 2, /E_RATE_LIMIT.*\n.*--max-pps/],
  ['a multicast address', ['probe', '224.0.0.1'], 2, /E_ADDRESS/],
] as const) {
  test(`${what} is refused with status ${code} and the next step`, needsRoot, async () => {
    const { status, err } = await rxray(...args);
    assert.equal(status, code, err);
    assert.match(err, expected);
  });
}

test('without privilege it says how to get it', needsRoot, async () => {
  const nobody = { through: ['setpriv', '--reuid', '65534', '--clear-groups'] };
  const { status, err } = await rxrayIn(nobody, 'probe', '127.0.0.1', '--engine', 'helper');
  assert.equal(status, 4, err);
  assert.match(err, /E_NO_RAW_SOCKET.*\n.*sudo/);
});

test('names come from ./hosts.yaml, and without a target all of them are probed', needsRoot, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rxray-test-'));
  try {
    writeFileSync(
      join(folder, 'hosts.yaml'),
      'targets:\n  one: { kind: node, address: 127.0.0.1 }\n  two: { kind: nodeport, address: 127.0.0.2, port: 9 }\n',
    );
    const named = await rxrayIn({ cwd: folder }, 'probe', 'two', '-c', '10', '--format', 'json');
    assert.equal(JSON.parse(named.out).summaries[0].path, 'local>two/syn');
    const all = await rxrayIn({ cwd: folder }, 'probe', '-c', '10', '--format', 'json');
    assert.match(
      all.err,
      /no target given: probing the targets of hosts\.yaml: one \(127\.0\.0\.1\), two \(127\.0\.0\.2\)/,
    );
    assert.equal(JSON.parse(all.out).summaries.length, 2);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('-o writes the results to a file; a full disk is told', needsRoot, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rxray-test-'));
  try {
    const file = join(folder, 'run.ndjson');
    const { status, out } = await rxray('probe', '127.0.0.1', '-c', '10', '--json', '-o', file);
    assert.equal(status, 0);
    assert.equal(out, '');
    assert.match(readFileSync(file, 'utf8'), /^\{"type":"run","schema":1/);
  } finally {
    rmSync(folder, { recursive: true });
  }
  const full = await rxray('probe', '127.0.0.1', '-c', '10', '--json', '-o', '/dev/full');
  assert.equal(full.status, 4);
  assert.match(full.err, /no space left/);
});

test('rxray schema prints a JSON Schema; doctor says that probing works', needsRoot, async () => {
  const schema = await rxray('schema');
  assert.equal(schema.status, 0);
  assert.match(JSON.parse(schema.out).title, /schema 1/);
  const doctor = await rxray('doctor', '--json');
  assert.equal(doctor.status, 0);
  const told = doctor.out
    .trimEnd()
    .split('\n')
    .map((line) => recordSchema.parse(JSON.parse(line)));
  const report = told.at(-1);
  assert.ok(report?.type === 'host-report' && report.probing, doctor.out);
  for (const module of ['raw-socket', 'cap']) {
    const check = told.find((record) => record.type === 'host-check' && record.what === module);
    assert.ok(check?.type === 'host-check' && check.state === 'works', `${module} loads`);
  }
});
