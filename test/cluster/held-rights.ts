import type { SeenPod } from './objects.js';
import type { RunningCluster } from './running-cluster.js';

/** What the kernel says of a process in a container. */
interface Held {
  readonly user: number;
  /** Capabilities as bits, effective and most that it could come to have. */
  readonly effective: bigint;
  readonly bounding: bigint;
  /** No program that it starts gets more than it has. */
  readonly noNewPrivileges: boolean;
  /** Filters of system calls are in force. */
  readonly filtered: boolean;
}

const bit = (...numbers: bigint[]): bigint => numbers.reduce((bits, number) => bits | (1n << number), 0n);
/** Numbers of capabilities(7). */
const [NET_RAW, PERFMON, BPF] = [13n, 38n, 39n];
const held = (user: number, capabilities: bigint): Held => ({
  user,
  effective: capabilities,
  bounding: capabilities,
  noNewPrivileges: true,
  filtered: true,
});

/** What each part of an installation is to have, and no more. */
export const RIGHTS: Readonly<Record<string, { readonly words: string; readonly held: Held }>> = {
  restricted: { words: 'no capability, no new privileges, filtered calls, another user', held: held(65_532, 0n) },
  companion: { words: 'no capability, no new privileges, filtered calls, another user', held: held(65_532, 0n) },
  probe: { words: 'NET_RAW alone, no new privileges, filtered calls', held: held(0, bit(NET_RAW)) },
  trace: { words: 'BPF and PERFMON alone, no new privileges, filtered calls', held: held(0, bit(PERFMON, BPF)) },
};

/** Of the first process of a part's container; of a new one where the first one of all processes is not its own. */
export function heldRights(cluster: RunningCluster, pod: SeenPod, part: string): Held {
  const container = part === 'companion' ? 'companion' : 'agent';
  const process = part === 'trace' ? 'self' : '1';
  const text = cluster.inside(pod, container, 'cat', `/proc/${process}/status`);
  const field = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(text)?.[1] ?? '';
  return {
    user: Number(field('Uid')),
    effective: BigInt(`0x${field('CapEff')}`),
    bounding: BigInt(`0x${field('CapBnd')}`),
    noNewPrivileges: field('NoNewPrivs') === '1',
    filtered: field('Seccomp') === '2',
  };
}
