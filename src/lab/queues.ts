import { CodedError } from '../model/errors.js';
import { HOST_ADDRESS, type HostName, NODEPORT_LOCAL, routerPort } from './addresses.js';
import { command, nativePath } from './command.js';
import { type LabOptions, labName, namespaceOf } from './state.js';

/** A receive queue of a host's eth0 and the kernel thread that serves it. */
export interface QueueThread {
  readonly queue: number;
  /** The kernel's id of the NAPI instance, as in the thread's name `napi/eth0-8201`. */
  readonly napi: number;
  readonly tid: number;
}

/** Packets of one flow that arrived on one receive queue since the lab is up. */
export interface QueuedFlow {
  /** Of the packet inside, when it came through the tunnel. */
  readonly source: string;
  /** 0 for ICMP. */
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  /** IP protocol number: 1 ICMP, 6 TCP. */
  readonly protocol: number;
  readonly tunnelled: boolean;
  readonly queue: number;
  readonly packets: number;
  readonly lastMonoNs: number;
  /** Task that took the last packet up: the queue's NAPI thread. */
  readonly tid: number;
  readonly cpu: number;
}

const queueTool = (args: readonly string[]): string => command([nativePath('rxray-lab-queues'), ...args]);

/** The receive queues of a host in their order. */
export function queueThreads(host: HostName, options: LabOptions = {}): QueueThread[] {
  return JSON.parse(queueTool(['threads', namespaceOf(labName(options), host), 'eth0'])) as QueueThread[];
}

/**
 * Which flow arrived on which queue of a host. The queue is known from the thread that handled the packet, not from
 * a hash: the kernel's hash has a secret key.
 */
export function queuedFlows(host: HostName, options: LabOptions = {}): QueuedFlow[] {
  const queueOf = new Map(queueThreads(host, options).map(({ tid, queue }) => [tid, queue]));
  const flows = JSON.parse(queueTool(['flows', namespaceOf(labName(options), host), 'eth0'])) as (Omit<
    QueuedFlow,
    'queue'
  > & { mapping: number })[];
  return flows.flatMap(({ mapping: _, ...flow }) => {
    const queue = queueOf.get(flow.tid);
    // A packet taken up outside a NAPI thread (RPS, a test run) says nothing about its queue.
    return queue === undefined ? [] : [{ ...flow, queue }];
  });
}

/** Packets that each queue of a host has received, by queue. */
export function queueCounters(host: HostName, options: LabOptions = {}): number[] {
  const counters = queueThreads(host, options).map(() => 0);
  for (const { queue, packets } of queuedFlows(host, options)) {
    counters[queue] = (counters[queue] ?? 0) + packets;
  }
  return counters;
}

export interface LearnFlowsOptions extends LabOptions {
  /** Where the SYNs come from. Default `shell`. */
  readonly from?: HostName;
  /** Whose queues are learnt. Default `bad`. */
  readonly to?: HostName;
  /** Default: the NodePort of the pod on `bad`. */
  readonly port?: number;
}

/**
 * Learns which source port of a SYN path sits on which queue, by sending one SYN from each. The mapping holds until
 * the machine boots again. Ports that a prober has bound cannot be learnt meanwhile: read `queuedFlows` instead.
 */
export function learnFlowQueues(ports: readonly number[], options: LearnFlowsOptions = {}): Map<number, number> {
  const lab = labName(options);
  const { from = 'shell', to = 'bad', port = NODEPORT_LOCAL } = options;
  for (const source of ports) {
    queueTool(['send', namespaceOf(lab, from), HOST_ADDRESS[to], String(port), String(source), String(source)]);
  }
  const learnt = new Map<number, number>();
  for (const flow of queuedFlows(to, options)) {
    if (
      flow.protocol === 6 &&
      flow.source === HOST_ADDRESS[from] &&
      flow.destinationPort === port &&
      ports.includes(flow.sourcePort)
    ) {
      learnt.set(flow.sourcePort, flow.queue);
    }
  }
  const missing = ports.filter((source) => !learnt.has(source));
  if (missing.length > 0) {
    throw new CodedError(
      'E_LAB_FLOWS',
      `no packet seen from source ports ${missing.join(', ')} behind ${routerPort(to)}`,
      'learn while no fault is on that delays them',
      4,
    );
  }
  return learnt;
}
