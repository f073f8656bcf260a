import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { HOST_ADDRESS, type HostName, type Place, POD_NETWORK } from '../../src/lab/addresses.js';
import type { FaultName, FaultOptions } from '../../src/lab/fault-plan.js';
import { faultEnd, faultOff, faultOn, faultsOn } from '../../src/lab/faults.js';
import { labDown, labExec, labStatus, labUp } from '../../src/lab/lab.js';
import { runningProcesses, startTicks } from '../../src/lab/process.js';
import { learnFlowQueues, queueCounters, queuedFlows, queueThreads } from '../../src/lab/queues.js';
import { LabState } from '../../src/lab/state.js';
import { existingNamespaces } from '../../src/lab/topology.js';
import { isGap, isStall, machineGaps, readTruth, type TruthStall } from '../../src/lab/truth.js';
import { captured, type Probe, probe, type Seen } from './capture.js';

const NAME = 'rxray-test';
const LAB = { name: NAME };
const state = new LabState(NAME);
const silent = (): void => {};

const missing = ['hping3', 'tcpdump', 'ping', 'curl', 'bpftool'].filter(
  (tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0,
);
const skip =
  process.getuid?.() !== 0
    ? 'needs root: network namespaces'
    : missing.length > 0
      ? `needs ${missing.join(', ')}`
      : false;

const run = (place: Place, ...argv: string[]): string => {
  const result = spawnSync('ip', ['netns', 'exec', `${NAME}-${place}`, ...argv], { encoding: 'utf8', timeout: 10_000 });
  return result.stdout + result.stderr;
};
const reaches = (place: Place, url: string): string => run(place, 'curl', '-s', '-m', '3', url);
const pings = (place: Place, address: string): boolean =>
  run(place, 'ping', '-c1', '-W2', address).includes(' 0% packet');

/** BPF programs of the lab, by the names of their functions. */
function labPrograms(): string[] {
  const ours = ['encapsulate', 'decapsulate', 'forget_hash', 'count_flow', 'spin_softirqs_o', 'spin_plain'];
  const { stdout } = spawnSync('bpftool', ['-j', 'prog', 'show'], { encoding: 'utf8' });
  const programs = JSON.parse(stdout) as { name?: string }[];
  return programs.flatMap(({ name }) => (name !== undefined && ours.includes(name) ? [name] : []));
}

/** The kernel frees programs a little after what they were attached to. */
async function programsBecome(count: number): Promise<void> {
  for (let waited = 0; labPrograms().length !== count && waited < 3000; waited += 50) {
    await sleep(50);
  }
  assert.equal(labPrograms().length, count);
}

describe('the lab goes up and down', { skip }, () => {
  let programsBefore = 0;

  before(async () => {
    await labDown(LAB, silent);
    programsBefore = labPrograms().length;
  });
  after(() => labDown(LAB, silent));

  async function nothingIsLeft(): Promise<void> {
    assert.deepEqual(existingNamespaces(NAME), []);
    assert.deepEqual(runningProcesses(state), []);
    assert.equal(existsSync(state.directory), false);
    await programsBecome(programsBefore);
  }

  it('is not up at first, and down is safe then', async () => {
    assert.equal((await labStatus(LAB)).up, 'no');
    await labDown(LAB, silent);
    await nothingIsLeft();
  });

  it('up twice changes nothing, another number of queues builds it anew', async () => {
    const first = await labUp(LAB, silent);
    assert.equal(first.up, 'yes');
    assert.equal(first.queues, 4);
    assert.deepEqual(await labUp(LAB, silent), first);
    const second = await labUp({ ...LAB, queues: 1 }, silent);
    assert.equal(second.queues, 1);
    assert.notDeepEqual(second.processes, first.processes);
    assert.equal(queueThreads('bad', LAB).length, 1);
  });

  it('is refused without root, with what to do', () => {
    const source = `import('${new URL('../../src/lab/lab.js', import.meta.url).href}')
      .then(({ labUp }) => labUp({ name: 'rxray-test-user' }, () => {})).catch(({ code }) => console.log(code))`;
    const user = spawnSync(process.execPath, ['-e', source], { encoding: 'utf8', uid: 65_534, gid: 65_534 });
    assert.equal(user.stdout, 'E_LAB_ROOT\n', user.stderr);
  });

  it('two commands at once build it once', async () => {
    await labDown(LAB, silent);
    const [first, second] = await Promise.all([labUp(LAB, silent), labUp(LAB, silent)]);
    assert.equal(first.up, 'yes');
    assert.deepEqual(first, second);
  });

  it('a lab with something missing is up in part, and up repairs it', async () => {
    const status = await labUp(LAB, silent);
    const gaps = status.processes.find(({ role }) => role === 'gaps');
    assert.ok(gaps);
    process.kill(gaps.pid, 'SIGKILL');
    await waitUntil(() => startTicks(gaps.pid) === undefined);
    assert.equal((await labStatus(LAB)).up, 'partly');
    assert.equal((await labUp(LAB, silent)).up, 'yes');
  });

  it('down leaves nothing, with faults on and injectors killed', async () => {
    await labUp(LAB, silent);
    const nat = await faultOn('nat', { lab: LAB }, silent);
    const hog = await faultOn('rx-queue', { lab: LAB }, silent);
    await faultOn('softirq', { lab: LAB }, silent);
    process.kill(nat.pid, 'SIGKILL');
    process.kill(hog.pid, 'SIGKILL');
    await waitUntil(() => startTicks(hog.pid) === undefined && startTicks(nat.pid) === undefined);
    assert.deepEqual(await faultsOn(LAB), ['softirq']);
    // The rule of a killed injector lets packets pass.
    assert.equal(reaches('shell', `http://${HOST_ADDRESS.bad}:30927/`), 'ok\n');
    await labDown(LAB, silent);
    await nothingIsLeft();
  });

  it('down clears what a crash left half finished', async () => {
    spawnSync('ip', ['netns', 'add', `${NAME}-fabric`]);
    spawnSync('ip', ['netns', 'add', `${NAME}-bad`]);
    state.create();
    assert.equal((await labStatus(LAB)).up, 'partly');
    await labDown(LAB, silent);
    await nothingIsLeft();
  });

  it('every process ends by itself when the lab is gone', async () => {
    await labUp(LAB, silent);
    await faultOn('pod', { lab: LAB }, silent);
    await faultOn('host', { lab: LAB }, silent);
    assert.equal(runningProcesses(state).length, 5);
    rmSync(state.leaseFile);
    await waitUntil(() => runningProcesses(state).length === 0);
    await labDown(LAB, silent);
    await nothingIsLeft();
  });
});

describe('packets take the paths of the lab', { skip }, () => {
  before(() => labUp(LAB, silent));
  after(() => labDown(LAB, silent));

  it('hosts reach each other through the fabric', () => {
    for (const [from, to] of [
      ['shell', 'bad'],
      ['shell', 'external'],
      ['client', 'bad'],
      ['bad', 'external'],
      ['external', 'client'],
    ] as [HostName, HostName][]) {
      assert.ok(pings(from, HOST_ADDRESS[to]), `${from} to ${to}`);
    }
  });

  it('both NodePorts lead to a pod', () => {
    assert.equal(reaches('shell', `http://${HOST_ADDRESS.bad}:30927/`), 'ok\n');
    assert.equal(reaches('shell', `http://${HOST_ADDRESS.bad}:30928/`), 'ok\n');
  });

  it('nodes and pods reach the pods of the other node, by IPIP on the wire', async () => {
    assert.equal(reaches('client', `http://${POD_NETWORK.bad.pod}:8080/`), 'ok\n');
    assert.equal(reaches('bad', `http://${POD_NETWORK.client.pod}:8080/`), 'ok\n');
    assert.ok(pings('pod-bad', POD_NETWORK.client.pod));
    const wire = await captured(NAME, 'fabric', 'to-bad', 'ip proto 4', async (soFar) => {
      assert.ok(pings('client', POD_NETWORK.bad.pod));
      assert.equal(reaches('shell', `http://${HOST_ADDRESS.bad}:30928/`), 'ok\n');
      await waitUntil(() => /: Flags \[S\]/.test(soFar()));
    });
    assert.match(wire, /IP 172\.16\.53\.32 > 172\.16\.47\.27: IP 10\.125\.21\.1 > 10\.125\.20\.64: ICMP echo request/);
    assert.match(wire, /IP 172\.16\.47\.27 > 172\.16\.53\.32: IP 10\.125\.20\.64 > 10\.125\.21\.1: ICMP echo reply/);
    assert.match(
      wire,
      /IP 172\.16\.47\.27 > 172\.16\.53\.32: IP 10\.125\.20\.1\.\d+ > 10\.125\.21\.64\.8080: Flags \[S\]/,
    );
  });

  it('the overlay address is the source of what a node sends to pods', () => {
    const route = run('client', 'ip', 'route', 'get', POD_NETWORK.bad.pod);
    assert.match(route, /src 10\.125\.21\.1/);
  });

  it('flows spread over all queues, and the same port stays on the same queue', () => {
    const ports = Array.from({ length: 32 }, (_, index) => 42_000 + index);
    const queues = learnFlowQueues(ports, LAB);
    assert.deepEqual(new Set(queues.values()), new Set([0, 1, 2, 3]));
    assert.deepEqual(learnFlowQueues(ports, LAB), queues);
    assert.ok(queueCounters('bad', LAB).every((packets) => packets > 0));
    assert.ok(queuedFlows('bad', LAB).some(({ tunnelled }) => tunnelled));
  });

  it('a program runs inside a host, and its exit status comes back', async () => {
    assert.equal(await labExec('bad', ['sh', '-c', `ip -4 address show eth0 | grep -q ${HOST_ADDRESS.bad}`], LAB), 0);
    assert.equal(await labExec('pod-bad', ['sh', '-c', 'exit 7'], LAB), 7);
    await assert.rejects(labExec('nowhere', ['true'], LAB), { code: 'E_LAB_HOST' });
  });

  it('hosts.yaml names the vantages by their namespaces', async () => {
    const text = readFileSync((await labStatus(LAB)).hostsFile, 'utf8');
    assert.match(text, /bad: \{ transport: netns, name: rxray-test-bad, overlay: true \}/);
  });
});

const STALL_MS = 160;
const FAULT: FaultOptions = { count: 1, periodMs: [350, 350], lengthMs: [STALL_MS, STALL_MS] };
/** A stall of that length shows at least this; what is not concerned stays below the other, unless the machine pauses. */
const HIT_MS = 110;
const CLEAN_MS = 70;

describe('faults stall what they should and nothing else', { skip }, () => {
  let onQueue: (queue: number, index?: number) => number;
  let pingBad: Probe;
  let pingExternal: Probe;
  let nodeport: Probe;
  const node = (sourcePort: number): Probe => ({ kind: 'syn', to: HOST_ADDRESS.bad, port: 9876, sourcePort });

  before(async () => {
    await labUp(LAB, silent);
    const ports = Array.from({ length: 48 }, (_, index) => 43_000 + index);
    const queues = learnFlowQueues(ports, { ...LAB, port: 9876 });
    onQueue = (queue, index = 0) => {
      const port = ports.filter((one) => queues.get(one) === queue)[index];
      assert.ok(port !== undefined, `a source port on queue ${queue}`);
      return port;
    };
    pingBad = { kind: 'ping', to: HOST_ADDRESS.bad };
    pingExternal = { kind: 'ping', to: HOST_ADDRESS.external };
    nodeport = { kind: 'syn', to: HOST_ADDRESS.bad, port: 30_927, sourcePort: 43_100 };
  });
  after(() => labDown(LAB, silent));

  /** Switches a fault on while packets flow; returns what was seen and the truth. */
  async function inject(
    name: FaultName,
    options: FaultOptions,
    vantages: readonly { from: HostName; probes: readonly Probe[] }[],
  ): Promise<{ seen: Seen[][]; stalls: TruthStall[] }> {
    let stalls: TruthStall[] = [];
    const seen = await Promise.all(
      vantages.map(({ from, probes }, index) =>
        probe(NAME, from, probes, async () => {
          if (index === 0) {
            const handle = await faultOn(name, { ...FAULT, ...options, lab: LAB }, silent);
            stalls = await faultEnd(handle);
          }
        }),
      ),
    );
    await faultOff(name, LAB);
    const from = stalls[0]?.startMonoNs ?? 0;
    const gaps = readTruth(state.gapLog).filter(isGap);
    pausedMs = machineGaps(gaps, stalls)
      .filter((gap) => gap.toMonoNs > from - 1e9)
      .reduce((sum, gap) => sum + (gap.toMonoNs - gap.fromMonoNs) / 1e6, 0);
    assert.deepEqual(leftRules(), [], 'rules are gone with the fault');
    assert.equal(stalls.length, 1);
    const [stall] = stalls;
    assert.ok(stall && stall.endMonoNs - stall.startMonoNs >= STALL_MS * 1e6);
    assert.equal(stall.fault, name);
    return { seen, stalls };
  }

  /** Of the machine by itself, while packets flowed last: nothing that was clean may have waited longer. */
  let pausedMs = 0;
  const leftRules = (): string[] =>
    (['bad', 'fabric'] as const).flatMap((place) =>
      run(place, 'iptables', '-t', 'mangle', '-S')
        .split('\n')
        .filter((line) => line.startsWith('-A')),
    );

  const tell = (one: Seen | undefined): string =>
    `${one?.sent} sent, ${one?.rttsMs.length} answered, ${one?.worstMs.toFixed(1)} ms at worst`;
  const hit = (one: Seen | undefined, what: string): void =>
    assert.ok(one && one.worstMs >= HIT_MS, `${what} should have been held: ${tell(one)}`);
  const clean = (one: Seen | undefined, what: string): void =>
    assert.ok(
      one && one.worstMs < CLEAN_MS + pausedMs && one.rttsMs.length > 50,
      `${what}: ${one?.worstMs} ms at worst`,
    );
  /** How RTT falls over the probes above 20 ms: −1 ms per ms for a stall that ends at one instant. */
  const isStaircase = (one: Seen | undefined): boolean => {
    const held = one?.rttsMs.filter((rtt) => rtt > 20) ?? [];
    return held.length >= 5 && held.every((rtt, index) => index === 0 || rtt < (held[index - 1] ?? 0));
  };

  it('rx-queue: only source ports of that queue, and they are released together', async () => {
    const { seen, stalls } = await inject('rx-queue', { queue: 2 }, [
      { from: 'shell', probes: [node(onQueue(2)), node(onQueue(2, 1)), node(onQueue(0)), node(onQueue(3))] },
    ]);
    hit(seen[0]?.[0], 'a port on queue 2');
    hit(seen[0]?.[1], 'another port on queue 2');
    assert.ok(isStaircase(seen[0]?.[0]));
    clean(seen[0]?.[2], 'a port on queue 0');
    clean(seen[0]?.[3], 'a port on queue 3');
    assert.equal(stalls[0]?.queue, 2);
    assert.equal(stalls[0]?.threadSwitches, 0);
  });

  it('host: every queue of bad, nothing of another host', async () => {
    const { seen } = await inject('host', {}, [
      { from: 'shell', probes: [node(onQueue(0)), node(onQueue(1)), node(onQueue(2)), node(onQueue(3)), pingExternal] },
    ]);
    for (const queue of [0, 1, 2, 3]) {
      hit(seen[0]?.[queue], `a port on queue ${queue}`);
    }
    clean(seen[0]?.[4], 'external');
  });

  it('softirq: packets steered to the CPU whose softirqs a named process holds off', async () => {
    const { seen, stalls } = await inject('softirq', {}, [
      { from: 'shell', probes: [node(onQueue(0)), pingBad, pingExternal] },
    ]);
    hit(seen[0]?.[0], 'node');
    hit(seen[0]?.[1], 'node by ICMP');
    clean(seen[0]?.[2], 'external');
    assert.equal(stalls[0]?.comm, 'memstat-reader');
  });

  it('starved: one queue, held by an ordinary process', async () => {
    const { seen, stalls } = await inject('starved', { queue: 1 }, [
      { from: 'shell', probes: [node(onQueue(1)), node(onQueue(0))] },
    ]);
    hit(seen[0]?.[0], 'a port on queue 1');
    clean(seen[0]?.[1], 'a port on queue 0');
    assert.equal(stalls[0]?.comm, 'memstat-reader');
  });

  it('nat: the NodePort, not the node', async () => {
    const { seen } = await inject('nat', {}, [{ from: 'shell', probes: [nodeport, node(onQueue(0)), pingBad] }]);
    hit(seen[0]?.[0], 'nodeport');
    clean(seen[0]?.[1], 'node');
    clean(seen[0]?.[2], 'node by ICMP');
  });

  it('pod: what goes to the pod, not the node', async () => {
    const { seen } = await inject('pod', {}, [
      { from: 'shell', probes: [nodeport, node(onQueue(0))] },
      { from: 'client', probes: [{ kind: 'ping', to: POD_NETWORK.bad.pod }] },
    ]);
    hit(seen[0]?.[0], 'nodeport');
    clean(seen[0]?.[1], 'node');
    hit(seen[1]?.[0], 'pod through the overlay');
  });

  it('ipip: the overlay, not the node', async () => {
    const { seen } = await inject('ipip', {}, [
      { from: 'client', probes: [{ kind: 'ping', to: POD_NETWORK.bad.pod }, pingBad] },
    ]);
    hit(seen[0]?.[0], 'overlay');
    clean(seen[0]?.[1], 'node');
  });

  it('network: everything between two machines, nothing between others', async () => {
    const { seen } = await inject('network', {}, [
      { from: 'shell', probes: [pingBad, nodeport, pingExternal] },
      { from: 'client', probes: [pingBad] },
    ]);
    hit(seen[0]?.[0], 'shell to bad by ICMP');
    hit(seen[0]?.[1], 'shell to the NodePort');
    clean(seen[0]?.[2], 'shell to external');
    clean(seen[1]?.[0], 'client to bad');
  });

  it('network-last-mile: everything towards bad from everywhere', async () => {
    const { seen } = await inject('network-last-mile', {}, [
      { from: 'shell', probes: [pingBad, pingExternal] },
      { from: 'client', probes: [pingBad] },
    ]);
    hit(seen[0]?.[0], 'shell to bad');
    clean(seen[0]?.[1], 'shell to external');
    hit(seen[1]?.[0], 'client to bad');
  });

  it('congestion: RTT towards bad ramps up and down', async () => {
    const { seen, stalls } = await inject('congestion', { lengthMs: [200, 200] }, [
      { from: 'shell', probes: [pingBad, pingExternal] },
    ]);
    const worst = seen[0]?.[0]?.worstMs ?? 0;
    assert.ok(worst > 60, `${worst} ms at worst`);
    assert.equal(isStaircase(seen[0]?.[0]), false, 'it has a way up');
    clean(seen[0]?.[1], 'external');
    assert.ok(Number(stalls[0]?.maxDelayNs) > 60e6);
  });

  it('loss: probes towards bad vanish, and are counted', async () => {
    const { seen, stalls } = await inject('loss', {}, [{ from: 'shell', probes: [node(onQueue(0)), pingExternal] }]);
    const [lossy, other] = seen[0] ?? [];
    assert.ok(lossy && lossy.sent - lossy.rttsMs.length >= 10);
    assert.equal(lossy.sent - lossy.rttsMs.length, stalls[0]?.packets);
    assert.equal(other?.sent, other?.rttsMs.length);
  });

  it('sender: every path of that vantage, none of another', async () => {
    const { seen, stalls } = await inject('sender', {}, [
      { from: 'shell', probes: [pingBad, pingExternal] },
      { from: 'client', probes: [pingBad] },
    ]);
    hit(seen[0]?.[0], 'shell to bad');
    hit(seen[0]?.[1], 'shell to external');
    clean(seen[1]?.[0], 'client to bad');
    assert.equal(stalls[0]?.host, 'shell');
  });

  it('two at once: each holds what it holds alone', async () => {
    const handles = await Promise.all([
      faultOn('rx-queue', { ...FAULT, queue: 3, periodMs: [400, 400], lab: LAB }, silent),
      faultOn('nat', { ...FAULT, periodMs: [700, 700], lab: LAB }, silent),
    ]);
    const [seen] = await Promise.all([
      probe(NAME, 'shell', [node(onQueue(3)), nodeport, node(onQueue(0))]),
      ...handles.map((handle) => faultEnd(handle)),
    ]);
    await faultOff('all', LAB);
    hit(seen[0], 'a port on queue 3');
    hit(seen[1], 'nodeport');
    clean(seen[2], 'a port on queue 0');
    assert.deepEqual(await faultsOn(LAB), []);
  });

  it('none: nothing waits longer than the machine paused', async () => {
    const handle = await faultOn('none', { lab: LAB }, silent);
    const [seen] = await probe(NAME, 'shell', [node(onQueue(0))]);
    const pauses = readTruth(handle.truthPath)
      .filter(isGap)
      .map((gap) => (gap.toMonoNs - gap.fromMonoNs) / 1e6);
    assert.ok(seen && seen.worstMs < Math.max(CLEAN_MS, ...pauses));
    assert.equal(seen.sent, seen.rttsMs.length);
  });

  it('the same seed gives the same lengths, and the gap log knows them from pauses of the machine', async () => {
    const lengths = async (): Promise<number[]> => {
      const options: FaultOptions = { count: 4, periodMs: [40, 60], lengthMs: [5, 30], seed: 11, queue: 0 };
      const handle = await faultOn('rx-queue', { ...options, lab: LAB }, silent);
      return (await faultEnd(handle)).map(({ requestedNs }) => requestedNs);
    };
    const first = await lengths();
    assert.equal(new Set(first).size, 4);
    assert.deepEqual(await lengths(), first);
    const stalls = state.truthLogs().flatMap((path) => readTruth(path).filter(isStall));
    const gaps = readTruth(state.gapLog).filter(isGap);
    assert.ok(machineGaps(gaps, stalls).length <= gaps.length);
  });

  it('what cannot be done is refused before anything is touched', async () => {
    const refuse = (name: string, options: FaultOptions, code: string): Promise<void> =>
      assert.rejects(faultOn(name, { ...options, lab: LAB }, silent), { code });
    await refuse('gremlins', {}, 'E_LAB_FAULT');
    await refuse('rx-queue', { queue: 4 }, 'E_LAB_FAULT_OPTIONS');
    await refuse('rx-queue', { lengthMs: [100, 1000], periodMs: [2000, 2000] }, 'E_LAB_FAULT_OPTIONS');
    await refuse('rx-queue', { lengthMs: [300, 300], periodMs: [200, 400] }, 'E_LAB_FAULT_OPTIONS');
    await assert.rejects(labUp({ name: '../x' }, silent), { code: 'E_LAB_NAME' });
    await assert.rejects(labUp({ name: NAME, queues: 9 }, silent), { code: 'E_LAB_QUEUES' });
    assert.deepEqual(await faultsOn(LAB), []);
  });
});

async function waitUntil(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 20) {
    assert.ok(waited < 5000, 'not within 5 s');
    await sleep(20);
  }
}
