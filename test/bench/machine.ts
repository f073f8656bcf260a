import { readFileSync } from 'node:fs';
import { cpus, hostname, machine, release, totalmem } from 'node:os';
import { packageVersion } from '../../src/installation/version.js';
import { tryCommand } from '../../src/lab/command.js';

export interface Machine {
  readonly host: string;
  readonly processor: string;
  readonly processors: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly machine: string;
  /** Of rxray, Node.js and the tools it is compared with. */
  readonly versions: Readonly<Record<string, string>>;
}

const VERSION_COMMANDS: Readonly<Record<string, readonly string[]>> = {
  hping3: ['hping3', '-v'],
  fping: ['fping', '-v'],
  ping: ['ping', '-V'],
  tcpdump: ['tcpdump', '--version'],
};

export function describeMachine(): Machine {
  const versions: Record<string, string> = { rxray: packageVersion(), node: process.versions.node };
  for (const [tool, argv] of Object.entries(VERSION_COMMANDS)) {
    const { stdout, stderr } = tryCommand(argv);
    const word = /\d+(\.\d+)+\S*|\d{6,}/.exec(`${stdout}${stderr}`)?.[0];
    versions[tool] = word ?? 'not found';
  }
  return {
    host: hostname(),
    processor: cpus()[0]?.model ?? 'unknown',
    processors: cpus().length,
    memoryBytes: totalmem(),
    kernel: release(),
    machine: machine(),
    versions,
  };
}

interface Ticks {
  readonly steal: number;
  readonly all: number;
}

/** Tells, when called, the share of all processor time since that the hypervisor took. */
export function measureSteal(): () => number {
  const before = readTicks();
  return () => {
    const after = readTicks();
    const all = after.all - before.all;
    return all > 0 ? (after.steal - before.steal) / all : 0;
  };
}

function readTicks(): Ticks {
  // user nice system idle iowait irq softirq steal; guest time is within user.
  const fields = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').split(/\s+/).slice(1, 9).map(Number);
  return { steal: fields[7] ?? 0, all: fields.reduce((sum, ticks) => sum + ticks, 0) };
}
