import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CLOSED_PORT,
  HOST_ADDRESS,
  type HostName,
  NODEPORT_LOCAL,
  NODEPORT_REMOTE,
  NODEPORT_SPREAD,
  type Place,
  POD_NETWORK,
} from '../../src/lab/addresses.js';
import { batch } from '../../src/lab/command.js';
import { faultOn, faultsOn } from '../../src/lab/faults.js';
import { labDown, labExec, labStatus, labUp } from '../../src/lab/lab.js';
import { runningProcesses, startTicks } from '../../src/lab/process.js';
import { learnFlowQueues, queueCounters, queuedFlows, queueThreads } from '../../src/lab/queues.js';
import { LabState } from '../../src/lab/state.js';
import { existingNamespaces } from '../../src/lab/topology.js';
import { RXRAY } from '../e2e/rxray.js';
import { captured } from './capture.js';

const NAME = 'rxray-test';
const LAB = { name: NAME };
/** Others want the CPU that these faults take. */
const SELDOM = { lengthMs: [1, 2], periodMs: [20_000, 30_000] } as const;
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
const rxrayLab = (...words: string[]) => spawnSync(process.execPath, [RXRAY, 'lab', ...words], { encoding: 'utf8' });
const reaches = (place: Place, url: string): string => run(place, 'curl', '-s', '-m', '3', url);
const pings = (place: Place, address: string): boolean =>
  run(place, 'ping', '-c1', '-W2', address).includes(' 0% packet');

/** Numbers of the BPF programs on the lab's devices and in the hands of its processes: other labs have their own. */
function labPrograms(): number[] {
  const attached = existingNamespaces(NAME).flatMap((namespace) => {
    const { stdout } = spawnSync('ip', ['netns', 'exec', namespace, 'bpftool', '-j', 'net', 'show'], {
      encoding: 'utf8',
    });
    const [{ tc = [] } = {}] = JSON.parse(stdout) as { tc?: { id?: number; prog_id?: number }[] }[];
    return tc.map(({ id, prog_id }) => id ?? prog_id);
  });
  const held = runningProcesses(state).flatMap(({ pid }) =>
    readdirSync(`/proc/${pid}/fdinfo`).map((fd) => {
      const [, id] = /^prog_id:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8')) ?? [];
      return id === undefined ? undefined : Number(id);
    }),
  );
  return [...new Set([...attached, ...held])].filter((id) => id !== undefined);
}

/** The kernel frees programs a little after what they were attached to. */
async function areGone(programs: readonly number[]): Promise<void> {
  const left = (): number[] => {
    const { stdout } = spawnSync('bpftool', ['-j', 'prog', 'show'], { encoding: 'utf8' });
    return (JSON.parse(stdout) as { id: number }[]).map(({ id }) => id).filter((id) => programs.includes(id));
  };
  for (let waited = 0; left().length > 0 && waited < 3000; waited += 50) {
    await sleep(50);
  }
  assert.deepEqual(left(), []);
}

describe('the lab goes up and down', { skip }, () => {
  before(() => labDown(LAB, silent));
  after(() => labDown(LAB, silent));

  async function nothingIsLeft(programs: readonly number[] = []): Promise<void> {
    assert.deepEqual(existingNamespaces(NAME), []);
    assert.deepEqual(runningProcesses(state), []);
    assert.equal(existsSync(state.directory), false);
    await areGone(programs);
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
    const hog = await faultOn('rx-queue', { lab: LAB, ...SELDOM }, silent);
    await faultOn('softirq', { lab: LAB, ...SELDOM }, silent);
    await faultOn('device', { lab: LAB }, silent);
    const programs = labPrograms();
    assert.ok(programs.length > 10);
    process.kill(nat.pid, 'SIGKILL');
    process.kill(hog.pid, 'SIGKILL');
    await waitUntil(() => startTicks(hog.pid) === undefined && startTicks(nat.pid) === undefined);
    assert.deepEqual([...(await faultsOn(LAB))].sort(), ['device', 'softirq']);
    // The rule of a killed injector lets packets pass.
    assert.equal(reaches('shell', `http://${HOST_ADDRESS.bad}:30927/`), 'ok\n');
    await labDown(LAB, silent);
    await nothingIsLeft(programs);
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
    await faultOn('host', { lab: LAB, ...SELDOM }, silent);
    assert.equal(runningProcesses(state).length, 8);
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

  it('all NodePorts lead to a pod', () => {
    for (const port of [NODEPORT_LOCAL, NODEPORT_REMOTE, NODEPORT_SPREAD]) {
      assert.equal(reaches('shell', `http://${HOST_ADDRESS.bad}:${port}/`), 'ok\n', String(port));
    }
  });

  it('flows spread over both ways to the rack and both members behind it, and come back the way they went', async () => {
    const sides = [
      ['fabric', 'to-rack-a'],
      ['fabric', 'to-rack-b'],
      ['spine', 'to-rack'],
      ['rack', 'member-a'],
      ['rack', 'member-b'],
    ] as const;
    const count = (): number[][] =>
      sides.map(([place, device]) =>
        ['rx_packets', 'tx_packets'].map((what) =>
          Number(run(place, 'cat', `/sys/class/net/${device}/statistics/${what}`)),
        ),
      );
    const before = count();
    // Each SYN to a closed port has one answer.
    learnFlowQueues(
      Array.from({ length: 32 }, (_, index) => 44_000 + index),
      { ...LAB, port: CLOSED_PORT },
    );
    for (const [index, after] of count().entries()) {
      const [received, sent] = after.map((packets, way) => packets - (before[index]?.[way] ?? 0));
      assert.ok(received && received > 2 && sent && sent > 2, `${sides[index]}: ${received} back, ${sent} out`);
      if (sides[index]?.[0] !== 'rack') assert.equal(received, sent, `${sides[index]}: back the way they went`);
    }
  });

  it('nodes and pods reach the pods of the other node, by IPIP on the wire', async () => {
    assert.equal(reaches('client', `http://${POD_NETWORK.bad.pod}:8080/`), 'ok\n');
    assert.equal(reaches('bad', `http://${POD_NETWORK.client.pod}:8080/`), 'ok\n');
    assert.ok(pings('pod-bad', POD_NETWORK.client.pod));
    const wire = await captured(NAME, 'rack', 'to-bad', 'ip proto 4', async (soFar) => {
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

  // Of 60 flows none is on a given one of four queues once in 30 million labs.
  it('flows spread over all queues, and the same port stays on the same queue', () => {
    const ports = Array.from({ length: 60 }, (_, index) => 42_000 + index);
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

  it('status tells addresses, and what is on', () => {
    const { status, stdout } = rxrayLab('status', '--name', NAME);
    assert.equal(status, 0);
    for (const line of [
      /^lab 'rxray-test': up$/m,
      /^bad +172\.16\.47\.27 +30927 +NodePort to pod-bad$/m,
      /^pod-client +10\.125\.21\.64 +8080 /m,
      /^hosts file: +\/run\/rxray-lab\/rxray-test\/hosts\.yaml$/m,
    ]) {
      assert.match(stdout, line);
    }
  });

  it('the demo leaves a lab alone that is up', async () => {
    const { status, stderr } = rxrayLab('demo', '--name', NAME);
    assert.equal(status, 4);
    assert.match(stderr, /lab 'rxray-test' is up, and the demo takes its lab down/);
    assert.equal((await labStatus(LAB)).up, 'yes');
  });

  it('a command about another lab says how to bring that one up, and which are there', () => {
    for (const words of [
      ['fault', 'rx-queue', 'on'],
      ['exec', 'shell'],
    ]) {
      const { status, stderr } = rxrayLab(...words, '--name', 'rxray-other');
      assert.equal(status, 4);
      assert.match(stderr, /lab 'rxray-other' is not up.*\n.*`rxray lab up --name rxray-other`.*--name: .*rxray-test/);
    }
  });

  it('what is missing on the command line is said, with an example', () => {
    for (const [words, said] of [
      [[], /rxray lab up, down, status, fault, exec, demo/],
      [['fault'], /say which fault, and on or off.*\n.*rxray lab fault rx-queue on/],
      [['fault', 'nat'], /rxray lab fault nat on/],
      [['exec'], /say on which host.*\n.*rxray lab exec shell -- /],
    ] as const) {
      const { status, stderr } = rxrayLab(...words);
      assert.equal(status, 2, stderr);
      assert.match(stderr, said);
    }
  });

  it('hosts.yaml names the vantages by their namespaces', async () => {
    const text = readFileSync((await labStatus(LAB)).hostsFile, 'utf8');
    assert.match(text, /bad: \{ transport: netns, name: rxray-test-bad, overlay: true \}/);
  });
});

it('of lines that are run at once the one that fails is told, as it could be typed', () => {
  const lines = [
    ['link', 'show', 'dev', 'lo'],
    ['link', 'show', 'dev', 'no-such'],
  ];
  assert.throws(() => batch('ip', undefined, lines), /`ip link show dev no-such` failed \(\d+\): .*no-such/);
});

async function waitUntil(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 20) {
    assert.ok(waited < 5000, 'not within 5 s');
    await sleep(20);
  }
}
