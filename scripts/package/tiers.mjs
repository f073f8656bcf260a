// The three tiers that the container image runs in, each with what it needs and nothing else.
import { join } from 'node:path';
import { root } from '../step.mjs';

/** Capabilities by their bits, as in linux/capability.h. */
export const CAPABILITY_BITS = { NET_RAW: 13, PERFMON: 38, BPF: 39 };

export const TRACE_PROFILE = join(root, 'deploy/seccomp-trace.json');

/**
 * `command` is what shows that the tier works; `user` is undefined where the image's own will do.
 */
export const TIERS = [
  { name: 'restricted', capabilities: [], command: ['probe', '127.0.0.1', '--engine', 'connect'] },
  { name: 'probe', user: 0, capabilities: ['NET_RAW'], command: ['probe', '127.0.0.1', '--engine', 'helper'] },
  {
    name: 'trace',
    user: 0,
    capabilities: ['BPF', 'PERFMON'],
    hostPid: true,
    profile: TRACE_PROFILE,
    command: ['trace', 'stall', '--all-namespaces'],
  },
];

export function capabilityMask(names) {
  return names.reduce((mask, name) => mask | (1n << BigInt(CAPABILITY_BITS[name])), 0n);
}
