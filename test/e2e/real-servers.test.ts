import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Finding } from '../../src/model/finding.js';
import type { RunRecord, SampleRecord } from '../../src/model/records/run.js';
import { MS, SECOND } from '../../src/model/time.js';
import { needsRoot } from './lab-probing.js';
import { records, startRxrayIn } from './rxray.js';

const NETNS = `rxray-servers-${process.pid}`;
const POSTGRES = '/usr/lib/postgresql/15/bin';
const STOPPED_MS = 200;
/** After that a service has collected its garbage four times, on the busiest machine. */
const COLLECTING_MS = 20_000;
/**
 * A stopped process answers what waited for it one after the other, before it is stopped again; dnsmasq starts a process
 * for each question over TCP, and has the CPUs for itself no more than others.
 */
const DRAIN_NS = 400 * MS;

const children: ChildProcess[] = [];
let folder = '';

/** Skips a test with what to do where a server is not installed. */
function needs(t: TestContext, program: string): boolean {
  if (existsSync(program)) return true;
  t.skip(`${program} is not here: npm run servers installs it`);
  return false;
}

function start(...argv: string[]): ChildProcess {
  const child = spawn('ip', ['netns', 'exec', NETNS, ...argv], { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder });
  children.push(child);
  return child;
}

/** Waits until something listens on a port of the namespace. */
async function listening(child: ChildProcess, protocol: 'tcp' | 'udp', port: number): Promise<void> {
  let told = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text: Buffer) => (told += String(text)));
  const wanted = new RegExp(`:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0[A7]`);
  for (let waited = 0; waited < 20_000; waited += 50) {
    const sockets = execFileSync('ip', ['netns', 'exec', NETNS, 'cat', `/proc/net/${protocol}`], { encoding: 'utf8' });
    if (wanted.test(sockets)) return;
    if (child.exitCode !== null) break;
    await sleep(50);
  }
  assert.fail(`nothing listens on ${port}: ${told}`);
}

interface Held {
  readonly requests: readonly (SampleRecord & { readonly request: NonNullable<SampleRecord['request']> })[];
  readonly packets: readonly SampleRecord[];
  readonly findings: readonly Finding[];
  /** Stops of the server, since the epoch of the run. */
  readonly stops: readonly { readonly fromNs: number; readonly toNs: number }[];
  /** A wall-clock instant on the time line of the run. */
  readonly since: (realNs: bigint) => number;
}

const realNs = (): bigint => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1_000)) * 1_000n;

/** What happens while a server is asked. */
type Meanwhile = (stops: { from: bigint; to: bigint }[]) => Promise<void>;

/** A process is stopped for 200 ms three times; told are instants at which it did stand still. */
function stopping(pid: number): Meanwhile {
  return async (stops) => {
    for (let i = 0; i < 3; i += 1) {
      await sleep(500);
      process.kill(pid, 'SIGSTOP');
      const from = realNs();
      await sleep(STOPPED_MS);
      stops.push({ from, to: realNs() });
      process.kill(pid, 'SIGCONT');
    }
  };
}

async function asked(meanwhile: Meanwhile, ...asks: string[]): Promise<Held> {
  const probe = startRxrayIn({}, 'probe', '--json', '--netns', NETNS, '--rate', '50', '-d', '30s', ...asks);
  await probe.printed(60);
  const stops: { from: bigint; to: bigint }[] = [];
  await meanwhile(stops);
  await sleep(700);
  probe.child.kill('SIGINT');
  const { out, err } = await probe.ended;
  const [run] = records<RunRecord>(out, 'run');
  assert.ok(run !== undefined, err);
  const samples = records<SampleRecord>(out, 'sample');
  const since = (at: bigint): number => Number(at - BigInt(run.epochNs));
  return {
    requests: samples.filter((sample): sample is Held['requests'][number] => sample.request !== undefined),
    packets: samples.filter(({ path }) => path.endsWith('/syn')),
    findings: records<Finding>(out, 'finding'),
    stops: stops.map(({ from, to }) => ({ fromNs: since(from), toNs: since(to) })),
    since,
  };
}

/** What was asked while the server stood still waited for its first byte until it went on; SYNs did not. */
function waitsForServer({ requests, packets, findings, stops }: Held): void {
  assert.ok(requests.length > 50, `${requests.length} requests`);
  for (const { fromNs, toNs } of stops) {
    const within = requests.filter(({ sent }) => sent > fromNs + 5 * MS && sent < toNs - 30 * MS);
    assert.ok(within.length >= 3, `${within.length} requests in a stop`);
    for (const { sent, rttNs = 0, request } of within) {
      const lateNs = sent + rttNs - toNs;
      assert.ok(lateNs > -5 * MS && lateNs < DRAIN_NS, `answered ${lateNs} ns after the server went on`);
      assert.ok((request.firstByteNs ?? 0) > 0.8 * rttNs, JSON.stringify(request));
    }
    const beside = packets.filter(({ sent }) => sent > fromNs && sent < toNs);
    const held = beside.filter(({ rttNs = SECOND }) => rttNs > 50 * MS);
    assert.ok(held.length <= 0.1 * beside.length, `${held.length} of ${beside.length} SYNs held`);
  }
  const told = findings.filter(({ kind, request }) => kind !== 'loss-episode' && request !== undefined);
  assert.ok(told.some(({ request }) => request?.phase === 'first-byte' && request.wire !== 'held'));
}

const ms = (ns: number): string => (ns / MS).toFixed(0);

/** A process whose parent is another: the worker of a master. */
function childOf(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  return Number(children[0]);
}

suite('real servers: phases, and a worker that stands still', {
  ...needsRoot,
  concurrency: false,
  timeout: 240_000,
}, () => {
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'rxray-servers-'));
    // Servers that give up root still read what is theirs.
    chmodSync(folder, 0o755);
    execFileSync('ip', ['netns', 'add', NETNS]);
    execFileSync('ip', ['-n', NETNS, 'link', 'set', 'lo', 'up']);
  });
  after(async () => {
    for (const child of children) child.kill('SIGTERM');
    await sleep(300);
    const left = execFileSync('ip', ['netns', 'pids', NETNS], { encoding: 'utf8' }).split('\n').filter(Boolean);
    for (const pid of left) process.kill(Number(pid), 'SIGKILL');
    execFileSync('ip', ['netns', 'del', NETNS]);
    rmSync(folder, { recursive: true, force: true });
  });

  test('nginx: a stopped worker; HAProxy before it: a stopped proxy', async (t) => {
    if (!needs(t, '/usr/sbin/nginx')) return;
    const conf = join(folder, 'nginx.conf');
    writeFileSync(
      conf,
      `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log;
      events {} http { access_log off; client_body_temp_path ${folder}; proxy_temp_path ${folder};
      fastcgi_temp_path ${folder}; uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
      server { listen 127.0.0.1:8101; location / { return 200 "hello"; } } }`,
    );
    const nginx = start('/usr/sbin/nginx', '-p', folder, '-c', conf);
    await listening(nginx, 'tcp', 8101);
    waitsForServer(await asked(stopping(childOf(nginx.pid ?? 0)), '--http', 'http://127.0.0.1:8101/'));
    if (!needs(t, '/usr/sbin/haproxy')) return;
    const proxy = join(folder, 'haproxy.cfg');
    writeFileSync(
      proxy,
      `global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend in
  bind 127.0.0.1:8102
  default_backend web
backend web
  server nginx 127.0.0.1:8101
`,
    );
    const haproxy = start('/usr/sbin/haproxy', '-db', '-f', proxy);
    await listening(haproxy, 'tcp', 8102);
    waitsForServer(await asked(stopping(haproxy.pid ?? 0), '--http', 'http://127.0.0.1:8102/'));
  });

  test('a service of Node.js that collects garbage: each pause is a wait for the first byte', async (t) => {
    const program = `
      const { PerformanceObserver, performance } = require('node:perf_hooks');
      new PerformanceObserver((list) => {
        for (const { startTime, duration } of list.getEntries())
          if (duration > 80) console.log(JSON.stringify([performance.timeOrigin + startTime, duration]));
      }).observe({ entryTypes: ['gc'] });
      const kept = Array.from({ length: 1_500_000 }, (_, i) => ({ i, next: { i } }));
      require('node:http').createServer((_, response) => response.end(String(kept.length)))
        .listen(8103, '127.0.0.1', () => setInterval(() => gc(), 900));`;
    // Threads that collect beside the first would take the CPU from the prober as well.
    const service = start(process.execPath, '--expose-gc', '--single-threaded-gc', '-e', program);
    let printed = '';
    service.stdout?.setEncoding('utf8').on('data', (text: string) => (printed += text));
    await listening(service, 'tcp', 8103);
    const ask = ['--http', 'http://127.0.0.1:8103/', '--threshold', '30'];
    // On a busy machine collecting takes longer than the time from one to the next.
    const collected: Meanwhile = async () => {
      const before = printed.length;
      for (let waited = 0; waited < COLLECTING_MS && printed.slice(before).split('\n').length <= 4; waited += 50)
        await sleep(50);
    };
    const { requests, packets, findings, since } = await asked(collected, ...ask);
    const waits = findings.filter(({ kind, request }) => kind !== 'loss-episode' && request !== undefined);
    const words = waits.map(({ kind, startMax, release }) => `${kind} ${ms(startMax)} to ${ms(release)}`);
    // What was under way when the run began or ended is seen in part.
    const [firstNs, lastNs] = [requests[0]?.sent ?? 0, requests.at(-1)?.sent ?? 0];
    const pauses = [...printed.matchAll(/^\[([\d.]+),([\d.]+)\]$/gm)]
      .map(([, at, length]) => ({ fromNs: since(BigInt(Math.round(Number(at) * MS))), lengthNs: Number(length) * MS }))
      .filter(({ fromNs, lengthNs }) => fromNs > firstNs && fromNs + lengthNs < lastNs);
    t.diagnostic(`paused ${pauses.map(({ fromNs, lengthNs }) => `${ms(fromNs)} for ${ms(lengthNs)}`).join(', ')} ms`);
    t.diagnostic(words.join(', '));
    assert.ok(pauses.length >= 2 && requests.length > 50);
    // Answers that waited come at once, or one after the other where the machine has more to do: the shape may be any.
    for (const { fromNs, lengthNs } of pauses) {
      const over = waits.filter(({ startMin, release }) => startMin < fromNs + lengthNs && release > fromNs);
      assert.ok(
        over.some(({ request }) => request?.phase === 'first-byte' && request.wire !== 'held'),
        `nothing told of the pause at ${ms(fromNs)}`,
      );
    }
    assert.ok(packets.filter(({ rttNs = SECOND }) => rttNs > 25 * MS).length < 0.05 * packets.length);
  });

  test("PostgreSQL's port by SYN: answered while the server stands still", async (t) => {
    if (!needs(t, `${POSTGRES}/postgres`)) return;
    const data = join(folder, 'data');
    const [uid, gid] = execFileSync('sh', ['-c', 'id -u postgres; id -g postgres'], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map(Number);
    mkdirSync(data, { mode: 0o700 });
    chownSync(data, uid ?? 0, gid ?? 0);
    const as = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
    execFileSync(as[0] ?? '', [...as.slice(1), `${POSTGRES}/initdb`, '-D', data, '-A', 'trust', '--no-sync'], {
      cwd: folder,
    });
    const options = ['-D', data, '-h', '127.0.0.1', '-p', '5432', '-k', data];
    const postgres = start(...as, `${POSTGRES}/postgres`, ...options);
    await listening(postgres, 'tcp', 5432);
    const { packets } = await asked(stopping(postgres.pid ?? 0), '127.0.0.1:5432', '--syn');
    assert.ok(packets.length > 100);
    const answered = packets.filter(({ reply, rttNs = SECOND }) => reply === 'syn-ack' && rttNs < 50 * MS);
    assert.ok(answered.length > 0.98 * packets.length, `${answered.length} of ${packets.length}`);
    postgres.kill('SIGINT');
    await once(postgres, 'close');
  });

  const resolvers: readonly (readonly [name: string, program: string, address: string, argv: () => string[]])[] = [
    [
      'dnsmasq',
      '/usr/sbin/dnsmasq',
      '127.0.0.53',
      () => [
        ...['-k', '-C', '/dev/null', '--no-resolv', '--no-hosts', '--bind-interfaces', '--listen-address=127.0.0.53'],
        ...[
          '--address=/www.test.example/192.0.2.7',
          '--address=/www.test.example/2001:db8::7',
          '-u',
          'root',
          `--pid-file=${folder}/dnsmasq.pid`,
        ],
      ],
    ],
    [
      'unbound',
      '/usr/sbin/unbound',
      '127.0.0.54',
      () => {
        const conf = join(folder, 'unbound.conf');
        writeFileSync(
          conf,
          `server:
  interface: 127.0.0.54
  username: ""
  chroot: ""
  directory: "${folder}"
  pidfile: "${folder}/unbound.pid"
  use-syslog: no
  do-daemonize: no
  access-control: 127.0.0.0/8 allow
  local-zone: "test.example." static
  local-data: "www.test.example. A 192.0.2.7"
remote-control:
  control-enable: no
`,
        );
        return ['-d', '-c', conf];
      },
    ],
  ];
  for (const [name, program, address, argv] of resolvers) {
    test(`${name}: names wait while it stands still, over UDP and TCP`, async (t) => {
      if (!needs(t, program)) return;
      const child = start(program, ...argv());
      await listening(child, 'udp', 53);
      await sleep(300);
      const held = await asked(stopping(child.pid ?? 0), '--dns', `www.test.example.@${address}`);
      waitsForServer({ ...held, packets: [] });
      assert.ok(held.requests.every(({ outcome, request }) => outcome !== 'reply' || request.status === 0));
      child.kill('SIGTERM');
      await once(child, 'close');
    });
  }
});
