import { spawn } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { constants, cpus } from 'node:os';
import { CodedError } from '../model/errors.js';
import { OVERLAY_KNOWLEDGE } from '../model/overlay.js';
import {
  CLOSED_PORT,
  HOST_ADDRESS,
  HOSTS,
  type HostName,
  isHost,
  LOOKED_UP,
  NAMES_PORT,
  NODEPORT_LOCAL,
  NODEPORT_REMOTE,
  NODEPORT_SPREAD,
  PLACES,
  POD_PORT,
  PODS,
  WEB_PORT,
} from './addresses.js';
import { command, inNamespace, requireTools } from './command.js';
import { hostsFile, requestsHostsFile } from './hosts-file.js';
import { withLock } from './lock.js';
import { overlayBy, type Tunnel } from './overlay.js';
import { awaitReady, endProcesses, isAlive, recordedProcesses, runningProcesses, startProcess } from './process.js';
import { queueThreads } from './queues.js';
import { removeQuotaGroup } from './quota-group.js';
import { SERVERS } from './servers.js';
import {
  knownLabs,
  type LabOptions,
  type LabSettings,
  LabState,
  labLine,
  labName,
  labQueues,
  namespaceOf,
} from './state.js';
import { buildTopology, existingNamespaces, placeThreads, QUIET_CPU, removeNamespaces } from './topology.js';

export type LabLog = (message: string) => void;

export interface LabProcessStatus {
  /** `gaps`, `listen-` and the pod's place, or `fault-` and the fault's name. */
  readonly role: string;
  readonly pid: number;
  readonly alive: boolean;
}

export interface LabAddress {
  readonly place: string;
  readonly address: string;
  readonly port: number;
  readonly what: string;
}

export interface LabStatus {
  readonly name: string;
  /** Partly: something of it exists, but `lab up` has not finished or something was removed since. */
  readonly up: 'yes' | 'partly' | 'no';
  readonly queues?: number;
  /** How the nodes are joined. */
  readonly tunnel?: Tunnel;
  readonly stateDirectory: string;
  readonly hostsFile: string;
  /** The same with the NodePort of several pods. */
  readonly backendsHostsFile: string;
  /** From the request down: the web server, the resolver, and packets to the same machines. */
  readonly requestsHostsFile: string;
  readonly gapLog: string;
  readonly namespaces: readonly string[];
  /** What can be probed: addresses of hosts and pods, and where the NodePorts of `bad` lead. */
  readonly addresses: readonly LabAddress[];
  readonly processes: readonly LabProcessStatus[];
  /** Names of the faults that are on. */
  readonly faults: readonly string[];
}

const LAB_ADDRESSES: readonly LabAddress[] = [
  ...HOSTS.map((host) => ({ place: host, address: HOST_ADDRESS[host], port: CLOSED_PORT, what: 'closed: RST' })),
  ...PODS.map(({ place, address, node }) => ({ place, address, port: POD_PORT, what: `listens, behind ${node}` })),
  { place: 'bad', address: HOST_ADDRESS.bad, port: NODEPORT_LOCAL, what: 'NodePort to pod-bad' },
  {
    place: 'bad',
    address: HOST_ADDRESS.bad,
    port: NODEPORT_REMOTE,
    what: 'NodePort to pod-client, through the tunnel',
  },
  { place: 'bad', address: HOST_ADDRESS.bad, port: NODEPORT_SPREAD, what: 'NodePort to one of the three pods' },
  { place: 'bad', address: HOST_ADDRESS.bad, port: WEB_PORT, what: 'web server' },
  { place: 'external', address: HOST_ADDRESS.external, port: NAMES_PORT, what: `resolver, over UDP: ${LOOKED_UP}` },
];

const FAULT_ROLE = 'fault-';
export const faultRole = (fault: string): string => `${FAULT_ROLE}${fault}`;
const SERVICES = ['gaps', ...SERVERS.map(({ role }) => role)];

/** `IPIP by BPF`, `VXLAN by its device`. */
export function tunnelWords(tunnel: Tunnel): string {
  const { title } = OVERLAY_KNOWLEDGE[overlayBy(tunnel)];
  return `${title} by ${tunnel === 'bpf' ? 'BPF' : 'its device'}`;
}

/** Brings the lab up; when it is up already with as many queues and the same overlay, nothing changes. */
export async function labUp(options: LabOptions, log: LabLog): Promise<LabStatus> {
  const name = labName(options);
  const queues = labQueues(options);
  const state = new LabState(name);

  requireRoot('lab up');
  requireTools();
  // Of the machine: to keep to one of them is the caller's choice.
  if (cpus().length < 2) {
    throw new CodedError(
      'E_LAB_CPUS',
      'the lab needs two CPUs: one to stall and one to measure',
      'use a larger machine',
      4,
    );
  }
  return withLock(state, () => upLocked(state, { queues, overlay: options.overlay ?? 'ipip' }, log));
}

type Wanted = Required<Pick<LabOptions, 'queues' | 'overlay'>>;

async function upLocked(state: LabState, wanted: Wanted, log: LabLog): Promise<LabStatus> {
  const { name } = state;
  const before = await labStatus({ name });
  const overlay = before.tunnel === undefined ? undefined : overlayBy(before.tunnel);
  if (before.up === 'yes' && before.queues === wanted.queues && overlay === wanted.overlay) {
    log(`lab '${name}' is up already`);
    return before;
  }
  if (before.up !== 'no') {
    const is = before.up === 'yes' ? `up with ${before.queues} queues and ${overlay}` : 'up in part';
    log(`lab '${name}' is ${is}: building it anew`);
    await downLocked(state, log);
  }
  try {
    return await build(state, wanted, log);
  } catch (error) {
    // A lab that is half there helps nobody, and the reason of the failure must not be lost.
    await downLocked(state, () => {}).catch(() => {});
    throw error;
  }
}

async function build(state: LabState, { queues, overlay }: Wanted, log: LabLog): Promise<LabStatus> {
  const { name } = state;
  state.create();
  const tunnel = buildTopology(name, queues, overlay);
  for (const host of HOSTS) {
    const threads = queueThreads(host, { name });
    if (threads.length !== queues || threads.some(({ tid }) => tid === 0)) {
      throw new CodedError(
        'E_LAB_KERNEL',
        `eth0 of ${host} has ${threads.length} NAPI threads instead of ${queues}`,
        'the lab needs threaded NAPI for veth and its netlink interface (Linux 6.8 or later)',
        4,
      );
    }
    placeThreads(threads.map(({ tid }) => tid));
  }
  const gaps = startProcess(state, 'gaps', 'rxray-lab-gaps', ['--truth', state.gapLog]);
  const serving = SERVERS.map((server) => {
    const netns = namespaceOf(name, server.place);
    const words = ['--netns', netns, '--port', String(server.port), ...(server.more ?? [])];
    return { server, netns, process: startProcess(state, server.role, server.program, words) };
  });
  await awaitReady(state, gaps, () => existsSync(state.gapLog) && statSync(state.gapLog).size > 0);
  for (const { server, netns, process } of serving) {
    await awaitReady(state, process, () => isServing(netns, server.protocol, server.port));
  }
  writeFileSync(state.hostsFile, hostsFile(name, { overlay }));
  writeFileSync(state.backendsHostsFile, hostsFile(name, { overlay, backends: true }));
  writeFileSync(state.requestsHostsFile, requestsHostsFile(name));
  state.complete({ name, queues, tunnel } satisfies LabSettings);
  log(`lab '${name}' is up: ${queues} receive queues, ${tunnelWords(tunnel)}`);
  return labStatus({ name });
}

/** State 0A of TCP is LISTEN, 07 of UDP a socket without a peer. */
const isServing = (namespace: string, protocol: 'tcp' | 'udp', port: number): boolean =>
  inNamespace(namespace, ['cat', `/proc/net/${protocol}`]).includes(
    `:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 ${protocol === 'tcp' ? '0A' : '07'}`,
  );

/** Takes everything away: processes, namespaces (with them devices, rules and BPF programs), files. */
export async function labDown(options: LabOptions, log: LabLog): Promise<void> {
  const name = labName(options);
  const state = new LabState(name);

  if (!state.exists() && existingNamespaces(name).length === 0 && runningProcesses(state).length === 0) {
    log(`lab '${name}' is not up`);
    return;
  }
  requireRoot('lab down');
  await withLock(state, () => downLocked(state, log));
}

async function downLocked(state: LabState, log: LabLog): Promise<void> {
  const { name } = state;
  const namespaces = existingNamespaces(name);

  state.endLease();
  // Recorded or found, each pid once.
  const processes = new Map(
    [...recordedProcesses(state).filter(isAlive), ...runningProcesses(state)].map((process) => [process.pid, process]),
  );
  await endProcesses([...processes.values()]);
  removeQuotaGroup(name);
  for (const namespace of namespaces) {
    const strangers = command(['ip', 'netns', 'pids', namespace]).split('\n').filter(Boolean);
    if (strangers.length > 0) {
      log(`still running in ${namespace}, not started by the lab: ${strangers.join(', ')}`);
    }
  }
  removeNamespaces(name);
  state.remove();
  log(`lab '${name}' is down`);
}

export async function labStatus(options: LabOptions): Promise<LabStatus> {
  const state = new LabState(labName(options));
  const settings = state.settings();
  const namespaces = existingNamespaces(state.name);
  const processes = recordedProcesses(state).map((process) => ({
    role: process.role,
    pid: process.pid,
    alive: isAlive(process),
  }));
  const whole =
    settings !== undefined &&
    namespaces.length === PLACES.length &&
    existsSync(state.leaseFile) &&
    SERVICES.every((role) => processes.some((process) => process.role === role && process.alive));
  return {
    name: state.name,
    up: whole ? 'yes' : namespaces.length > 0 || state.exists() ? 'partly' : 'no',
    ...(settings === undefined ? {} : { queues: settings.queues, tunnel: settings.tunnel }),
    stateDirectory: state.directory,
    hostsFile: state.hostsFile,
    backendsHostsFile: state.backendsHostsFile,
    requestsHostsFile: state.requestsHostsFile,
    gapLog: state.gapLog,
    namespaces,
    addresses: settings === undefined ? [] : LAB_ADDRESSES,
    processes,
    faults: processes
      .filter(({ role, alive }) => alive && role.startsWith(FAULT_ROLE))
      .map(({ role }) => role.slice(FAULT_ROLE.length)),
  };
}

/** The state of a lab that has to be up. */
export async function requireLab(options: LabOptions): Promise<LabState> {
  const status = await labStatus(options);
  if (status.up === 'yes') return new LabState(status.name);
  throw notUp(status.name, status.up === 'partly');
}

/** Says how to bring this lab up, and which others are there: often it is the name that is missing. */
export function notUp(name: string, inPart = false): CodedError {
  const others = knownLabs().filter((other) => other !== name);
  const instead = others.length === 0 ? '' : `, or say which with --name: ${others.join(', ')}`;
  const what = `lab '${name}' is ${inPart ? 'up in part only' : 'not up'}`;
  return new CodedError('E_LAB_DOWN', what, `run \`${labLine(name, 'up')}\`${instead}`, 4);
}

/**
 * Runs a program inside a host's namespace, on the CPU that no fault disturbs, with our own terminal.
 * Resolves to its exit status (128 + signal when it was killed).
 */
export async function labExec(host: string, argv: readonly string[], options: LabOptions = {}): Promise<number> {
  const state = await requireLab(options);
  requireRoot('lab exec');
  if (!isPlace(host)) {
    throw new CodedError('E_LAB_HOST', `the lab has no '${host}'`, `use one of ${PLACES.join(', ')}`, 2);
  }
  if (argv.length === 0) {
    throw new CodedError('E_LAB_EXEC', 'no program to run', 'give it after the host: rxray lab exec shell ping …', 2);
  }
  // biome-ignore format: one command line
  const child = spawn('taskset', ['-c', String(QUIET_CPU), 'ip', 'netns', 'exec', namespaceOf(state.name, host), ...argv],
    { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (status, signal) => resolve(status ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}

const isPlace = (name: string): name is HostName => isHost(name) || (PLACES as readonly string[]).includes(name);

export function requireRoot(what: string): void {
  if (process.getuid?.() !== 0) {
    throw new CodedError('E_LAB_ROOT', `${what} makes network namespaces and needs root`, 'run it with sudo', 4);
  }
}
