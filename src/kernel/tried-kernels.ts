import type { HostCheck } from '../model/host-check.js';
import { TRIED_KERNELS } from './tried-kernels.gen.js';

type Tried = (typeof TRIED_KERNELS)[number];

const newerThan = (one: Tried, other: Tried): number => one.major - other.major || one.minor - other.minor;
const words = ({ major, minor }: { readonly major: number; readonly minor: number }): string => `${major}.${minor}`;

/**
 * What was tried of kernels like the one that runs here: docs/kernels.md as one line.
 *
 * @param release as uname tells it, `6.1.0-50-amd64`
 * @param machine `x86_64`, `aarch64`
 */
export function triedKernelCheck(release: string, machine: string): HostCheck {
  const check = { area: 'kernel', what: `Linux ${release.split('-')[0] ?? release}` } as const;
  const [major = 0, minor = 0] = release.split('.').map((part) => Number.parseInt(part, 10));
  const own = { major, minor, machine, realTime: /-rt\d*(-|$)/.test(release), traces: [] };
  const tried = TRIED_KERNELS.filter((one) => one.machine === machine).sort(newerThan);
  const [oldest, newest] = [tried[0], tried.at(-1)];
  if (oldest === undefined || newest === undefined) {
    const remedy = 'measure from a machine of another kind, or see what works above';
    return { ...check, state: 'limited', detail: `nothing was tried on ${machine}`, remedy };
  }
  if (newerThan(own, oldest) < 0) {
    const detail = `older than what was tried on ${machine}: ${words(oldest)} is the oldest`;
    return { ...check, state: 'limited', detail, remedy: 'believe what is said above of this machine, and no more' };
  }
  const same = tried.find((one) => newerThan(own, one) === 0 && one.realTime === own.realTime);
  if (same !== undefined) {
    const detail = `${words(same)}${same.realTime ? ' with real-time' : ''} was tried on ${machine}: trace ${same.traces.join(', ')}`;
    return { ...check, state: 'works', detail };
  }
  const list = [...new Set(tried.map(words))].join(', ');
  return { ...check, state: 'works', detail: `not one of those that were tried on ${machine}: ${list}` };
}
