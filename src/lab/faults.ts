import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '../model/errors.js';
import { present } from '../model/present.js';
import { type HostName, routerOf, routerPort } from './addresses.js';
import { command, tryCommand } from './command.js';
import {
  FAULT_NAMES,
  type FaultName,
  type FaultOptions,
  type FaultPlan,
  isFault,
  overlayOfFault,
  planFault,
  type Rule,
  resolveOptions,
  SHAPED_BUFFER,
  SHAPED_RATE,
} from './fault-plan.js';
import { faultRole, type LabLog, labStatus, notUp, requireLab, requireRoot } from './lab.js';
import { overlayBy } from './overlay.js';
import { awaitReady, endProcesses, forgetProcess, isAlive, recordedProcess, startProcess } from './process.js';
import { queueThreads } from './queues.js';
import { leaveQuotaGroup, quotaGroup } from './quota-group.js';
import { WEB_ROLE } from './servers.js';
import { spreadRules } from './services.js';
import { type LabOptions, LabState, labLine, labName, namespaceOf } from './state.js';
import { QUIET_CPU, STALL_CPU } from './topology.js';
import { followTruth, isStall, readTruth, type TruthStall } from './truth.js';

export interface FaultHandle {
  readonly name: FaultName;
  readonly lab: string;
  /** Of the injector; for `none` of the log of gaps. */
  readonly pid: number;
  /** What the injector did; for `none` the log of gaps. */
  readonly truthPath: string;
  readonly host: HostName;
  /** Receive queue that stalls; absent when all do, or none in particular. */
  readonly queue?: number;
}

/** Switches a fault on; one that is on already starts anew. Resolves when the injector is ready. */
export async function faultOn(
  name: string,
  options: FaultOptions & { readonly lab?: LabOptions },
  log: LabLog,
): Promise<FaultHandle> {
  if (!isFault(name)) {
    throw new CodedError('E_LAB_FAULT', `the lab has no fault '${name}'`, `use one of ${FAULT_NAMES.join(', ')}`, 2);
  }
  const resolved = resolveOptions(options);
  const state = await requireLab(options.lab ?? {});
  requireRoot('lab fault');
  const lab = state.name;
  const settings = state.settings();
  const gaps = recordedProcess(state, 'gaps');
  if (settings === undefined || gaps === undefined) {
    throw notUp(lab);
  }
  if (name === 'none') {
    return { name, lab, pid: gaps.pid, truthPath: state.gapLog, host: 'bad' };
  }
  const overlay = overlayOfFault(name);
  if (overlay !== undefined && overlay !== overlayBy(settings.tunnel)) {
    const remedy = labLine(lab, `up --overlay ${overlay}`);
    throw new CodedError('E_LAB_FAULT', `the nodes of lab '${lab}' are not joined by ${overlay}`, remedy, 2);
  }
  const plan = planFault(name, resolved, settings.queues);
  await faultOff(name, { name: lab });
  const truthPath = state.newTruthLog(name);
  const threads = queueThreads(plan.host, { name: lab }).filter(({ queue }) => plan.heldQueues.includes(queue));
  const tids = threads.map(({ tid }) => tid);
  const server = serverOf(state, plan);
  const undo = undoOf(lab, plan, tids, server);
  // Written first: whatever happens from here on can be undone by another process.
  writeFileSync(undoFile(state, name), JSON.stringify(undo));
  try {
    const injector = startProcess(state, faultRole(name), plan.program, [
      ...['--fault', name, '--host', plan.host, '--truth', truthPath],
      ...['--queue', plan.queue === undefined ? 'all' : String(plan.queue)],
      ...['--cpu', String(STALL_CPU), '--home-cpu', String(QUIET_CPU), '--seed', String(resolved.seed)],
      ...['--period', resolved.periodMs.join(':'), '--length', resolved.lengthMs.join(':')],
      ...['--duration', String(resolved.durationS)],
      ...(resolved.count === undefined ? [] : ['--count', String(resolved.count)]),
      ...(tids.length === 0 ? [] : ['--threads', tids.join(',')]),
      ...(plan.kind === undefined ? [] : ['--kind', plan.kind]),
      ...(plan.comm === undefined ? [] : ['--comm', plan.comm]),
      ...Object.entries({ ...valuesOf(lab, plan), ...server?.values }).flatMap(([key, value]) => [
        '--set',
        `${key}=${value}`,
      ]),
    ]);
    await awaitReady(state, injector, () => hasEvents(truthPath));
    // Only now: before the injector served its queue, a stage would have been merely bypassed, or worse, steered.
    apply(lab, plan);
    if (server?.apply !== undefined) command(server.apply);
    log(`fault '${name}' is on; what it does is logged in ${truthPath}`);
    const queue = present({ queue: plan.queue });
    return { name, lab, pid: injector.pid, truthPath, host: plan.host, ...queue };
  } catch (error) {
    await faultOff(name, { name: lab }).catch(() => {});
    throw error;
  }
}

/** Switches one fault or all of them off; packets that are held then are released. */
export async function faultOff(name: string, options: LabOptions): Promise<void> {
  if (name !== 'all' && !isFault(name)) {
    throw new CodedError('E_LAB_FAULT', `the lab has no fault '${name}'`, `use all, ${FAULT_NAMES.join(', ')}`, 2);
  }
  const state = new LabState(labName(options));
  for (const fault of name === 'all' ? FAULT_NAMES : [name]) {
    const process = recordedProcess(state, faultRole(fault));
    const undo = readUndo(state, fault);
    if (process === undefined && undo === undefined) {
      continue;
    }
    requireRoot('lab fault');
    for (const argv of undo ?? []) {
      tryCommand(argv);
    }
    if (process !== undefined && isAlive(process)) {
      // What the rules had handed over by now is still to be passed on.
      await sleep(SETTLE_MS);
      await endProcesses([process]);
      // A hog that was ended by force has left the threads where it was.
      for (const argv of undo ?? []) {
        tryCommand(argv);
      }
    }
    forgetProcess(state, faultRole(fault));
    rmSync(undoFile(state, fault), { force: true });
  }
}

const SETTLE_MS = 60;

/**
 * Waits until a fault with `count` or `durationS` has done its work, and tells what it did. The log of `none` has no
 * end: give it a signal.
 */
export async function faultEnd(
  handle: FaultHandle,
  signal?: AbortSignal,
  onStall: (stalls: number) => void = () => {},
): Promise<TruthStall[]> {
  const stalls: TruthStall[] = [];
  for await (const event of followTruth(handle.truthPath, signal)) {
    if (isStall(event)) {
      stalls.push(event);
      onStall(stalls.length);
    }
  }
  return stalls;
}

/** Names of the faults that are on. */
export const faultsOn = async (options: LabOptions): Promise<readonly string[]> => (await labStatus(options)).faults;

function hasEvents(path: string): boolean {
  try {
    return readTruth(path).length > 0;
  } catch {
    return false;
  }
}

function valuesOf(lab: string, plan: FaultPlan): Record<string, string> {
  return {
    ...plan.values,
    ...(plan.place === undefined ? {} : { netns: namespaceOf(lab, plan.place) }),
    ...(plan.rules[0] === undefined ? {} : { nfqueue: String(plan.rules[0].nfqueue) }),
    ...(plan.program === 'rxray-lab-bulk' ? { to: namespaceOf(lab, plan.host) } : {}),
  };
}

// biome-ignore format: command lines
const ruleCommand = (lab: string, action: '-I' | '-D', rule: Rule): string[] =>
  ['ip', 'netns', 'exec', namespaceOf(lab, rule.place), 'iptables', '-w', '-t', rule.table, action, rule.chain,
    ...rule.match, '-j', 'NFQUEUE', '--queue-num', String(rule.nfqueue), '--queue-bypass'];

const steerCommand = (lab: string, host: HostName, queue: number, mask: number): string[] => {
  const file = `/sys/class/net/eth0/queues/rx-${queue}/rps_cpus`;
  return ['ip', 'netns', 'exec', namespaceOf(lab, host), 'sh', '-c', `echo ${mask.toString(16)} > ${file}`];
};

// biome-ignore format: command lines
const shapeCommand = (lab: string, host: HostName, ...rest: string[]): string[] =>
  ['tc', '-n', namespaceOf(lab, routerOf(host)), 'qdisc', rest.length > 0 ? 'replace' : 'del', 'dev', routerPort(host),
    'root', ...rest];

/** Ahead of the rules that choose by the flow. */
const randomBackends = (lab: string, action: '-I' | '-D'): string[][] =>
  spreadRules('random').map(([chain = '', ...rule], index) =>
    // biome-ignore format: one command line
    ['ip', 'netns', 'exec', namespaceOf(lab, 'bad'), 'iptables', '-w', '-t', 'nat', action, chain,
      ...(action === '-I' ? [String(index + 1)] : []), ...rule],
  );

function apply(lab: string, plan: FaultPlan): void {
  for (const rule of plan.rules) {
    command(ruleCommand(lab, '-I', rule));
  }
  for (const queue of plan.steeredQueues) {
    command(steerCommand(lab, plan.host, queue, 1 << STALL_CPU));
  }
  for (const rule of plan.randomBackends ? randomBackends(lab, '-I') : []) {
    command(rule);
  }
  if (plan.shaped) {
    command(shapeCommand(lab, plan.host, 'tbf', 'rate', SHAPED_RATE, 'burst', '5000', 'limit', SHAPED_BUFFER));
  }
}

interface FaultyServer {
  readonly values: Readonly<Record<string, string>>;
  readonly apply?: readonly string[];
  readonly undo: string[];
}

/** What a fault does to the web server beside its stalls. */
function serverOf(state: LabState, { server }: FaultPlan): FaultyServer | undefined {
  if (server === undefined) return undefined;
  const pid = recordedProcess(state, WEB_ROLE)?.pid;
  if (pid === undefined) throw notUp(state.name, true);
  if (server === 'short-queue') {
    // What the signals mean stands in native/lab/serve.c.
    return { values: {}, apply: ['kill', '-USR1', String(pid)], undo: ['kill', '-USR2', String(pid)] };
  }
  const groups = quotaGroup(state.name, pid);
  return { values: { ...groups, server: String(pid) }, undo: leaveQuotaGroup(groups) };
}

function undoOf(lab: string, plan: FaultPlan, tids: readonly number[], server: FaultyServer | undefined): string[][] {
  return [
    ...(server === undefined ? [] : [server.undo]),
    ...plan.rules.map((rule) => ruleCommand(lab, '-D', rule)),
    ...plan.steeredQueues.map((queue) => steerCommand(lab, plan.host, queue, 0)),
    ...(plan.randomBackends ? randomBackends(lab, '-D') : []),
    ...(plan.shaped ? [shapeCommand(lab, plan.host)] : []),
    ...tids.map((tid) => ['taskset', '-p', '-c', String(QUIET_CPU), String(tid)]),
  ];
}

const undoFile = (state: LabState, fault: FaultName): string => join(state.directory, `undo-${fault}.json`);

function readUndo(state: LabState, fault: FaultName): string[][] | undefined {
  try {
    return JSON.parse(readFileSync(undoFile(state, fault), 'utf8')) as string[][];
  } catch {
    return undefined;
  }
}
