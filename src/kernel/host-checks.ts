import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { HostCheck } from '../model/host-check.js';
import { HOW_TO_GRANT } from './helper-rights.js';
import type { ProberCapabilities } from './prober-capabilities.js';

const CLOCKSOURCE = '/sys/devices/system/clocksource/clocksource0/current_clocksource';
const PING_GROUPS = '/proc/sys/net/ipv4/ping_group_range';
/** Clock sources that are read without leaving user space. */
const FAST_CLOCKS = new Set(['tsc', 'kvm-clock', 'hyperv_clocksource_tsc_page', 'arch_sys_counter']);

const LAB_TOOLS: readonly (readonly [tool: string, debianPackage: string])[] = [
  ['ip', 'iproute2'],
  ['tc', 'iproute2'],
  ['ethtool', 'ethtool'],
  ['iptables', 'iptables'],
  ['bpftool', 'bpftool'],
];

/** What the prober itself said it can do, as checks. */
export function proberChecks(capabilities: ProberCapabilities): HostCheck[] {
  const check = (what: string, works: boolean, fine: string, without: HostCheck['state'], loss: string): HostCheck =>
    works
      ? { area: 'probe', what, state: 'works', detail: fine }
      : { area: 'probe', what, state: without, detail: loss, remedy: HOW_TO_GRANT };
  const late = 'late sends are recorded';
  return [
    { area: 'probe', what: 'helper', state: 'works', detail: `${capabilities.helper} ${capabilities.version}` },
    check('raw socket', capabilities.rawSocket, 'probes can be sent', 'missing', 'not permitted: no probe can be sent'),
    check(
      'packet socket',
      capabilities.packetSocket,
      'replies are filtered in the kernel',
      'missing',
      'not permitted: no reply can be read',
    ),
    check(
      'SCHED_FIFO',
      capabilities.schedFifo,
      'sends on time under load',
      'limited',
      `not permitted: busy CPUs delay sends; ${late}`,
    ),
    check(
      'locked memory',
      capabilities.mlock,
      'no page faults in mid-run',
      'limited',
      `not permitted: page faults delay sends; ${late}`,
    ),
  ];
}

/** Time-stamp support of each interface. */
export function timestampChecks(capabilities: ProberCapabilities): HostCheck[] {
  return capabilities.interfaces.map((entry) => {
    const both = entry.softwareTransmit && entry.softwareReceive;
    const hardware = entry.hardwareEnabled
      ? 'hardware stamps are on'
      : entry.hardware
        ? 'hardware stamps exist but are off'
        : 'no hardware stamps';
    const queues = `${entry.rxQueues} receive queue${entry.rxQueues === 1 ? '' : 's'}`;
    return both
      ? {
          area: 'time stamps',
          what: entry.name,
          state: 'works',
          detail: `kernel stamps both ways; ${hardware}; ${queues}`,
        }
      : {
          area: 'time stamps',
          what: entry.name,
          state: 'limited',
          detail: `the driver gives no ${entry.softwareTransmit ? 'receive' : 'transmit'} stamps; ${hardware}; ${queues}`,
          remedy: 'RTTs on it contain the way through user space; look at the send error',
        };
  });
}

/** Clock source, and how much the hypervisor has taken from this machine since it started. */
export function clockChecks(): HostCheck[] {
  const source = read(CLOCKSOURCE)?.trim() ?? 'unknown';
  const fast = FAST_CLOCKS.has(source);
  const checks: HostCheck[] = [
    fast
      ? { area: 'clock', what: 'clock source', state: 'works', detail: source }
      : {
          area: 'clock',
          what: 'clock source',
          state: 'limited',
          detail: `${source} is slow to read`,
          remedy: 'prefer tsc (kernel command line clocksource=tsc) where the machine has a stable one',
        },
  ];
  const fields = (read('/proc/stat')?.split('\n')[0] ?? '').split(/\s+/).slice(1).map(Number);
  const total = fields.slice(0, 8).reduce((sum, ticks) => sum + ticks, 0);
  const steal = total > 0 ? (fields[7] ?? 0) / total : 0;
  const share = `${(steal * 100).toFixed(2)} % of the time since the start`;
  checks.push(
    steal < 0.01
      ? { area: 'clock', what: 'steal', state: 'works', detail: `the hypervisor took ${share}` }
      : {
          area: 'clock',
          what: 'steal',
          state: 'limited',
          detail: `the hypervisor took ${share}: pauses of this machine itself will show`,
          remedy: 'measure from a quieter machine',
        },
  );
  return checks;
}

/** What `rxray lab` needs. */
export function labChecks(): HostCheck[] {
  const missing = LAB_TOOLS.filter(([tool]) => !findTool(tool));
  const root = process.getuid?.() === 0;
  const btf = existsSync('/sys/kernel/btf/vmlinux');
  return [
    root
      ? { area: 'lab', what: 'root', state: 'works', detail: 'network namespaces can be made' }
      : {
          area: 'lab',
          what: 'root',
          state: 'missing',
          detail: 'network namespaces need root',
          remedy: 'sudo npx rxray lab up',
        },
    missing.length === 0
      ? { area: 'lab', what: 'tools', state: 'works', detail: LAB_TOOLS.map(([tool]) => tool).join(', ') }
      : {
          area: 'lab',
          what: 'tools',
          state: 'missing',
          detail: `not found: ${missing.map(([tool]) => tool).join(', ')}`,
          remedy: `apt-get install ${[...new Set(missing.map(([, name]) => name))].join(' ')}`,
        },
    btf
      ? { area: 'lab', what: 'BTF', state: 'works', detail: '/sys/kernel/btf/vmlinux' }
      : {
          area: 'lab',
          what: 'BTF',
          state: 'limited',
          detail: 'no /sys/kernel/btf/vmlinux',
          remedy: 'faults made by BPF programs may not load',
        },
  ];
}

/** Whether the optional modules of the portable engine load. */
export function moduleChecks(): HostCheck[] {
  const require = createRequire(import.meta.url);
  return ['raw-socket', 'cap'].map((name): HostCheck => {
    try {
      require(name);
      return { area: 'portable engine', what: name, state: 'works', detail: 'compiled and loads' };
    } catch (error) {
      const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
      return {
        area: 'portable engine',
        what: name,
        state: 'limited',
        detail: `does not load (${why}); only the portable engine needs it`,
        remedy: 'apt-get install g++ make python3 libpcap-dev, then npm install raw-socket cap where rxray is',
      };
    }
  });
}

/** Whether this user may send echoes without privilege, as the connect engine does. */
export function echoChecks(): HostCheck[] {
  const range = read(PING_GROUPS)?.trim() ?? 'not there';
  const [first = 1, last = 0] = range.split(/\s+/).map(Number);
  const groups = [process.getegid?.() ?? -1, ...(process.getgroups?.() ?? [])];
  const check = { area: 'connect engine', what: 'ICMP socket' } as const;
  return groups.some((group) => group >= first && group <= last)
    ? [{ ...check, state: 'works', detail: 'echoes need no privilege' }]
    : [
        {
          ...check,
          state: 'limited',
          detail: `net.ipv4.ping_group_range is ${range.replace(/\s+/, ' ')}: no echo without privilege, connects only`,
          remedy: "sudo sysctl net.ipv4.ping_group_range='0 2147483647'",
        },
      ];
}

function findTool(tool: string): boolean {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];
  return folders.some((folder) => folder !== '' && existsSync(`${folder}/${tool}`));
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
