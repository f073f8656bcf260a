import { readFileSync } from 'node:fs';
import { SECOND } from '../model/time.js';

/** Throttling so long ago explains nothing any more. */
const REMEMBERED_NS = 60 * SECOND;

/** Places where the counters of a process's own CPU quota may stand, by its line of /proc/self/cgroup. */
export function quotaFiles(selfCgroup: string): string[] {
  return selfCgroup.split('\n').flatMap((line) => {
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (line === '') return [];
    // In a container the own group is the root of what is mounted.
    if (controllers === '') return [`/sys/fs/cgroup${path}/cpu.stat`, '/sys/fs/cgroup/cpu.stat'];
    if (!controllers.split(',').includes('cpu')) return [];
    return ['cpu', 'cpu,cpuacct', controllers].flatMap((name) => [
      `/sys/fs/cgroup/${name}${path}/cpu.stat`,
      `/sys/fs/cgroup/${name}/cpu.stat`,
    ]);
  });
}

/** The time for which a quota stopped a group, in nanoseconds; undefined where the text has no such counter. */
export function throttledNs(cpuStat: string): number | undefined {
  const [, unit, value] = /^throttled_(usec|time) (\d+)$/m.exec(cpuStat) ?? [];
  return value === undefined ? undefined : Number(value) * (unit === 'usec' ? 1000 : 1);
}

/** Whether this process, with its helpers, is stopped by its own CPU quota. Instants are of any one clock. */
export class OwnThrottling {
  readonly #file: string | undefined;
  #firstNs: number | undefined;
  #lastNs = 0;
  #since = Number.NEGATIVE_INFINITY;

  constructor(private readonly read: (path: string) => string = (path) => readFileSync(path, 'utf8')) {
    this.#file = quotaFiles(this.#text('/proc/self/cgroup') ?? '').find(
      (path) => throttledNs(this.#text(path) ?? '') !== undefined,
    );
  }

  /** Since this was made. */
  get totalNs(): number {
    return this.#lastNs - (this.#firstNs ?? this.#lastNs);
  }

  /** Looks now. @returns whether the quota stopped it within the last minute */
  look(nowNs: number): boolean {
    const ns = this.#file === undefined ? undefined : throttledNs(this.#text(this.#file) ?? '');
    if (ns !== undefined) {
      if (this.#firstNs !== undefined && ns > this.#lastNs) this.#since = nowNs;
      this.#firstNs ??= ns;
      this.#lastNs = ns;
    }
    return nowNs - this.#since < REMEMBERED_NS;
  }

  #text(path: string): string | undefined {
    try {
      return this.read(path);
    } catch {
      return undefined;
    }
  }
}
