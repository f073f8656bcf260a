import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { FrameDecoder } from '../../src/codec/frame-decoder.js';
import { encodeTracePlan } from '../../src/codec/plan/trace-plan-text.js';
import { startTracer } from '../../src/kernel/tracer.js';
import type { EngineEvent } from '../../src/model/engine-event.js';
import type { TraceQuality } from '../../src/model/records/trace.js';
import type { RxPacketRecord } from '../../src/model/rx-packet.js';
import type { TracePlan } from '../../src/model/trace-plan.js';
import { findHelper } from '../../src/transports/helper-binary.js';
import { localTransport } from '../../src/transports/local/local-transport.js';
import { netnsTransport } from '../../src/transports/local/netns-transport.js';
import { needsRoot } from './lab-probing.js';
import { RunningCommand } from './traced-lab.js';

/** A namespace of its own with nothing but loopback: whatever is received there was sent by a test. */
const NETNS = `rxray-tracer-${process.pid}`;
const PRIME = 211;
const STALL: TracePlan = { questions: [{ question: 'stall', minNs: 10_000_000 }] };

const ip = (...args: string[]) => spawnSync('ip', args, { encoding: 'utf8' });

/** Names of BPF programs and maps in the kernel that a tracer loads, with their ids. */
function traced(): string[] {
  const list = (what: string): { id: number; name?: string }[] =>
    JSON.parse(spawnSync('bpftool', ['-j', what, 'show'], { encoding: 'utf8' }).stdout);
  const ours =
    /^(softirq_|sched_waking_|sched_switch_|hrtimer_expire_|netif_receive|napi_poll_|record_sample|stall_bp|rx_bpf)/;
  return [...list('prog'), ...list('map')].flatMap(({ id, name }) => (ours.test(name ?? '') ? [`${name} ${id}`] : []));
}

/** The kernel frees programs a little after the process that held them. */
async function isGone(before: readonly string[]): Promise<void> {
  for (let turn = 0; turn < 100 && traced().some((one) => !before.includes(one)); turn += 1) await sleep(30);
  assert.deepEqual(
    traced().filter((one) => !before.includes(one)),
    [],
  );
}

async function untilHello(events: AsyncIterator<EngineEvent>): Promise<void> {
  for (;;) {
    const { value, done } = await events.next();
    if (done === true) throw new Error('it ended without a hello');
    if (value.kind === 'kernel' && value.event.kind === 'hello') return;
  }
}

describe('the tracer', { ...needsRoot, timeout: 60_000 }, () => {
  before(() => {
    ip('netns', 'add', NETNS);
    ip('-n', NETNS, 'link', 'set', 'lo', 'up');
  });
  after(() => {
    ip('netns', 'del', NETNS);
  });

  const ping = (count: number) =>
    ip('netns', 'exec', NETNS, 'ping', '-q', '-n', '-i', '0.002', '-c', String(count), '127.0.0.1');
  const rx = (...words: string[]) => RunningCommand.start('trace', 'rx', '--netns', NETNS, '--json', ...words);

  it('trace rx counts echo requests exactly, each once and in order', async () => {
    const trace = rx();
    await trace.wrote('\n');
    ping(PRIME);
    await trace.interrupt();
    const packets = trace.records<RxPacketRecord>('rx-packet');
    const [quality] = trace.records<TraceQuality>('trace-quality');
    assert.deepEqual(
      packets.map(({ seq }) => seq),
      Array.from({ length: PRIME }, (_, index) => index + 1),
    );
    assert.deepEqual([quality?.lostEvents, quality?.droppedRecords, quality?.end], [0, 0, 'stdin-closed']);
    const [first] = packets;
    assert.deepEqual(
      [first?.protocol, first?.source, first?.interface, first?.softirq, first?.path],
      ['icmp', '127.0.0.1', 'lo', true, null],
    );
    // On loopback the sender's own system call raises the softirq that receives.
    assert.ok(packets.every(({ sinceRaiseNs }) => sinceRaiseNs !== null && sinceRaiseNs > 0));
    assert.ok(packets.some(({ threadName, syscall }) => threadName === 'ping' && syscall === 'sendto'));
  });

  it('trace rx --follow-probes knows the probes of a running probe by their numbers, and counts them exactly', async () => {
    const probe = RunningCommand.start(
      ...['probe', '127.0.0.1:9', '--icmp', '--syn', '--netns', NETNS, '-i', '10ms', '--fresh', '0', '-c', '400'],
      '--json',
    );
    await probe.wrote('{"type":"sample"');
    const trace = rx('--of-process', String(probe.child.pid), '-d', '2s');
    await trace.wrote('\n');
    assert.equal(await trace.closed, 0, trace.err);
    await probe.interrupt();
    const samples = probe.records<{ path: string; seq: number; flow: number; sent: number }>('sample');
    const packets = trace.records<RxPacketRecord>('rx-packet');
    for (const path of ['icmp', 'syn']) {
      const seqs = packets.filter(({ protocol }) => protocol === path).map(({ seq }) => seq);
      const [least = 0, most = 0] = [seqs[0], seqs.at(-1)];
      const sent = samples.filter((sample) => sample.path.endsWith(`/${path}`)).map(({ seq }) => seq);
      assert.ok(seqs.length > 100, `${seqs.length} ${path} probes`);
      // Nothing between the first and the last one it saw is missing, and nothing else is there.
      assert.deepEqual(
        seqs,
        sent.filter((seq) => seq >= least && seq <= most).sort((one, other) => one - other),
      );
    }
  });

  it('without a probe to follow it says what to do', async () => {
    const trace = rx('--of-process', '1');
    assert.equal(await trace.closed, 2);
    assert.match(trace.err, /process 1 sends no probes \[E_NO_PROBES\]\n {2}→ start rxray probe or bisect first/);
  });

  it('a ring too small loses events and says how many: none is lost in silence', async (t) => {
    const transport = netnsTransport(NETNS);
    const plan: TracePlan = { questions: [{ question: 'rx', icmpIds: [0], synPorts: [] }], ringBytes: 4096 };
    const run = startTracer(transport, plan);
    let packets = 0;
    let lost = 0;
    for await (const event of run.events) {
      if (event.kind !== 'kernel') continue;
      if (event.event.kind === 'hello') {
        const child = spawn('ip', ['netns', 'exec', NETNS, 'ping', '-q', '-f', '-c', '5000', '127.0.0.1']);
        void once(child, 'close').then(() => run.stop());
      }
      if (event.event.kind === 'rx-packet') packets += 1;
      if (event.event.kind === 'cost') lost = event.event.cost.lostEvents;
    }
    t.diagnostic(`${lost} of ${packets + lost} lost`);
    assert.ok(lost > 0);
    assert.equal(packets + lost, 5_000);
  });

  for (const [title, end] of [
    ['told to stop', 'stop'],
    ['killed', 'kill'],
    ['its client killed', 'client'],
  ] as const) {
    it(`leaves nothing in the kernel: ${title}`, async () => {
      const before = traced();
      if (end === 'client') {
        const trace = RunningCommand.start('trace', 'stall', '--netns', NETNS);
        await trace.wrote('\n');
        assert.ok(traced().length > before.length);
        trace.child.kill('SIGKILL');
        await trace.closed;
      } else {
        const child = spawn(findHelper('rxray-tracer'), [], { stdio: ['pipe', 'pipe', 'inherit'] });
        child.stdin.write(encodeTracePlan(STALL));
        await once(child.stdout, 'data');
        assert.ok(traced().length > before.length);
        if (end === 'kill') child.kill('SIGKILL');
        else child.stdin.end();
        child.stdout.resume();
        await once(child, 'close');
      }
      await isGone(before);
    });
  }

  it('falls back to raw_tp programs where tp_btf is refused', async () => {
    const child = spawn(findHelper('rxray-tracer'), [], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(encodeTracePlan({ ...STALL, durationNs: 1 }).replace('run\n', 'hooks raw_tp\nrun\n'));
    const decoder = new FrameDecoder();
    const events: EngineEvent[] = [];
    for await (const chunk of child.stdout) events.push(...decoder.push(chunk as Uint8Array));
    const hellos = events.flatMap((event) =>
      event.kind === 'kernel' && event.event.kind === 'hello' ? [event.event.hello] : [],
    );
    assert.deepEqual(
      hellos.flatMap(({ questions }) =>
        questions.map(({ flavour, hooks }) => [flavour, hooks.every(({ got }) => got)]),
      ),
      [['raw_tp', true]],
    );
  });

  it('refuses with what to do: no right to load programs, no type information, a plan it does not understand', () => {
    const folder = mkdtempSync(join(tmpdir(), 'rxray-tracer-'));
    const copy = join(folder, 'rxray-tracer');
    spawnSync('chmod', ['755', folder]);
    copyFileSync(findHelper('rxray-tracer'), copy);
    const run = (plan: string, user: object = {}) => {
      const { status, stderr } = spawnSync(copy, [], { input: plan, encoding: 'utf8', ...user });
      return `${status} ${/rxray-tracer: (E_\w+: .*)\n {2}(.*)\n/.exec(stderr)?.slice(1).join(' → ')}`;
    };
    const plan = encodeTracePlan(STALL);
    assert.match(
      run(plan, { uid: 65_534, gid: 65_534 }),
      /^4 E_NO_BPF: this process may not load BPF programs .* → run with sudo/,
    );
    assert.match(
      run(plan.replace('run\n', 'btf /nonexistent\nrun\n')),
      /^4 E_NO_BTF: the kernel does not describe its types: no \/nonexistent → use a kernel built with/,
    );
    assert.equal(
      run('rxray-plan 1\ntrace weather\nrun\n'),
      '2 E_PLAN: line 2: there is no question `weather` → correct the plan; native/README.md describes its lines',
    );
    rmSync(folder, { recursive: true });
  });

  it('ends when nobody reads it any more', async () => {
    const before = traced();
    const run = startTracer(localTransport, STALL);
    const events = run.events[Symbol.asyncIterator]();
    await untilHello(events);
    assert.ok(traced().length > before.length);
    await events.return?.();
    await isGone(before);
  });
});
