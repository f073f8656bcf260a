import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Verdict } from '../../src/model/verdict.js';
import { needsRoot } from './lab-probing.js';
import { records, rxray } from './rxray.js';

const PORT = 8080;
const SERVER = '10.77.31.2';
const QUOTA_GROUP = '/sys/fs/cgroup/cpu';

/** Answers at once. */
const WEB = `require('node:http').createServer((_, response) => response.end('hello')).listen(${PORT}, () => console.log('ready'))`;
/** Works for 25 ms a request, which its quota does not leave it. */
const BUSY = `require('node:http').createServer((_, response) => {
  for (const until = performance.now() + 25; performance.now() < until; );
  response.end('hello');
}).listen(${PORT}, () => console.log('ready'))`;
/** Accepts now and then: what waits in between fills the queue of one. */
const DEAF = `
const http = require('node:http').createServer((_, response) => response.end('hello'));
http.listen({ port: ${PORT}, backlog: 1 }, () => {
  console.log('ready');
  const word = new Int32Array(new SharedArrayBuffer(4));
  setInterval(() => Atomics.wait(word, 0, 0, 700), 1500);
});`;

/** Two machines with a link between them, one of which serves. */
class TwoMachines {
  readonly #children: ChildProcess[] = [];
  readonly folder = mkdtempSync(join(tmpdir(), 'rxray-served-'));
  readonly client: string;
  readonly web: string;

  constructor(t: TestContext, name: string) {
    [this.client, this.web] = [`rq-${name}-c`, `rq-${name}-w`];
    t.after(() => this.down());
    for (const machine of [this.client, this.web]) {
      ip('netns', 'add', machine);
      ip('-n', machine, 'link', 'set', 'lo', 'up');
    }
    ip('link', 'add', 'eth0', 'netns', this.client, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.web);
    for (const [machine, address] of [
      [this.client, '10.77.31.1/24'],
      [this.web, `${SERVER}/24`],
    ] as const) {
      ip('-n', machine, 'addr', 'add', address, 'dev', 'eth0');
      ip('-n', machine, 'link', 'set', 'eth0', 'up');
    }
    writeFileSync(
      this.hosts,
      `vantages:
  client: { transport: netns, name: ${this.client} }
  web:    { transport: netns, name: ${this.web} }
targets:
  node: { kind: node, address: ${SERVER}, vantage: web, url: 'http://${SERVER}:${PORT}/' }
paths:
  - { from: client, to: node, probe: icmp }
  - { from: client, to: node, probe: syn }
  - { from: client, to: node, probe: http }
`,
    );
  }

  get hosts(): string {
    return join(this.folder, 'hosts.yaml');
  }

  async serve(program: string): Promise<number> {
    const child = spawn('ip', ['netns', 'exec', this.web, process.execPath, '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#children.push(child);
    if (child.stdout) await once(child.stdout, 'data');
    return child.pid ?? 0;
  }

  async bisect(seconds = 15): Promise<Verdict> {
    const { out, err } = await rxray(
      'bisect',
      '--hosts',
      this.hosts,
      '--json',
      '--no-trace',
      '--threshold',
      '50',
      '-d',
      `${seconds}s`,
    );
    const [verdict] = records<Verdict>(out, 'verdict');
    assert.ok(verdict !== undefined, err);
    return verdict;
  }

  down(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    for (const machine of [this.client, this.web]) ip('netns', 'del', machine);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

suite('slow requests on real machines', { ...needsRoot, concurrency: false }, () => {
  test('a server that is stopped 200 ms a second: server, and packets passed', { timeout: 60_000 }, async (t) => {
    const machines = new TwoMachines(t, 'stop');
    const server = await machines.serve(WEB);
    let stopping = true;
    t.after(() => {
      stopping = false;
    });
    const stops = (async () => {
      while (stopping) {
        await sleep(800);
        process.kill(server, 'SIGSTOP');
        await sleep(200);
        process.kill(server, 'SIGCONT');
      }
    })().catch(() => {});
    const verdict = await machines.bisect();
    stopping = false;
    await stops;
    t.diagnostic(JSON.stringify(verdict.posterior));
    assert.deepEqual([verdict.cause, verdict.where], ['server', 'node'], JSON.stringify(verdict.quality.notes));
    assert.deepEqual(verdict.indistinguishable, []);
  });

  test('a server whose group has a tenth of a CPU: throttled', { timeout: 60_000 }, async (t) => {
    const group = join(QUOTA_GROUP, `rxray-test-${process.pid}`);
    try {
      mkdirSync(group);
      writeFileSync(join(group, 'cpu.cfs_period_us'), '100000');
      writeFileSync(join(group, 'cpu.cfs_quota_us'), '20000');
    } catch (error) {
      t.skip(`no control groups of version 1 with a CPU quota here: ${(error as Error).message}`);
      return;
    }
    const machines = new TwoMachines(t, 'cfs');
    const server = await machines.serve(BUSY);
    writeFileSync(join(group, 'cgroup.procs'), String(server));
    t.after(async () => {
      await sleep(200);
      rmdirSync(group);
    });
    const verdict = await machines.bisect(20);
    t.diagnostic(JSON.stringify([verdict.posterior, verdict.quality.notes]));
    assert.ok(verdict.cause === 'throttled' || verdict.cause === 'inconclusive', verdict.cause);
    assert.notEqual(verdict.cause === 'inconclusive' && verdict.probability >= 0.9, true);
  });

  test('a queue of one that is not accepted from: accept-queue, by the port and by ListenOverflows', {
    timeout: 60_000,
  }, async (t) => {
    const machines = new TwoMachines(t, 'accept');
    await machines.serve(DEAF);
    const verdict = await machines.bisect(20);
    t.diagnostic(JSON.stringify([verdict.posterior, verdict.quality.notes]));
    assert.ok(['accept-queue', 'accept-queue+server', 'inconclusive'].includes(verdict.cause), verdict.cause);
    assert.match(verdict.quality.notes.join('\n'), /overflows of accept queues/);
  });

  test('a quiet server is healthy', { timeout: 60_000 }, async (t) => {
    const machines = new TwoMachines(t, 'quiet');
    await machines.serve(WEB);
    const verdict = await machines.bisect(10);
    t.diagnostic(JSON.stringify(verdict.posterior));
    assert.ok(['healthy', 'inconclusive'].includes(verdict.cause), verdict.cause);
  });
});
