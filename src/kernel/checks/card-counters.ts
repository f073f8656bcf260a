import { interfaceOrders, interfaceQueues, NO_INTERFACE, RING_OVERRUNS } from '../interface-queues.js';
import { type Check, type Judgement, type NodeReadings, unknown } from './check.js';

/** How far a counter of a card has come, by interface and name as the driver has it. */
interface CardGrowth {
  readonly interface: string;
  readonly counters: readonly (readonly [name: string, grown: number])[];
  /** Of all of the form since the card came up. */
  readonly sinceStart: number;
  readonly known: number;
}

function cardGrowth({ before, after }: NodeReadings, form: RegExp): CardGrowth[] {
  const then = new Map(interfaceQueues(before).map((found) => [found.interface, found.counters ?? {}]));
  const afterwards = interfaceQueues(after, [...then.keys()]);
  return afterwards.flatMap(({ interface: name, counters = {} }) => {
    const first = then.get(name);
    if (first === undefined) return [];
    const wanted = Object.entries(counters).filter(([counter]) => form.test(counter));
    return [
      {
        interface: name,
        counters: wanted
          .map(([counter, value]) => [counter, Math.max(0, value - (first[counter] ?? value))] as const)
          .filter(([, grown]) => grown > 0),
        sinceStart: wanted.reduce((sum, [, value]) => sum + value, 0),
        known: wanted.length,
      },
    ];
  });
}

const rereads: NonNullable<Check['rereads']> = (known) =>
  interfaceQueues(known).map((found) => `interface ${found.interface}`);

function judged(
  node: NodeReadings,
  form: RegExp,
  {
    none,
    state,
    remedy,
  }: { readonly none: string; readonly state: Judgement['state']; readonly remedy: (name: string) => string },
): Judgement[] {
  const cards = cardGrowth(node, form);
  if (cards.length === 0) return [unknown(NO_INTERFACE)];
  return cards.map(({ interface: subject, counters, sinceStart, known }) => {
    if (known === 0) return unknown(none, subject);
    const told = counters.map(([name, grown]) => `${name} ${grown}`).join(', ');
    const measured = Object.fromEntries(counters);
    if (counters.length > 0) return { state, subject, detail: told, measured, remedy: remedy(subject) };
    return {
      state: 'ok',
      subject,
      detail: `none in the interval, ${sinceStart} since the start`,
      measured: { sinceStart },
    };
  });
}

/** Packets that the card had no room for: the ring was not emptied in time, or the bus was too slow. */
export const ringOverruns: Check = {
  name: 'ring-overruns',
  about: 'packets that a card could not store (rx_missed, no_buf, fifo, overrun … of ethtool -S)',
  threshold: 'wrong: any in the interval',
  source: 'Documentation/networking/statistics.rst: rx_missed_errors and rx_fifo_errors are losses of this machine',
  reads: interfaceOrders,
  rereads,
  judge: (node) =>
    judged(node, RING_OVERRUNS, {
      none: 'its driver counts nothing of the kind',
      state: 'wrong',
      remedy: (name) =>
        `ethtool -g and -G ${name} rx N: a longer ring; rxray trace stall shows who keeps the CPU from emptying it`,
    }),
};

/** The other side of the link asks this one to stop, or the other way round: whatever waits, waits in the card. */
export const pauseFrames: Check = {
  name: 'pause-frames',
  about: 'pause frames sent and received (ethtool -S)',
  threshold: 'notice: any in the interval',
  source: 'IEEE 802.3 annex 31B; vexxhost atmosphere#3891',
  reads: interfaceOrders,
  rereads,
  judge: (node) =>
    judged(node, /pause/i, {
      none: 'its driver counts none',
      state: 'notice',
      remedy: (name) =>
        `find the slow receiver behind the switch port; ethtool -A ${name} rx off tx off where losses are better than waits`,
    }),
};

/** What a cloud lets a machine send and receive: beyond it packets wait or are dropped, and nobody says so. */
export const cloudAllowances: Check = {
  name: 'cloud-allowances',
  about: 'packets shaped or dropped by the limits of a cloud machine (*_allowance_exceeded of ethtool -S)',
  threshold: 'wrong: any in the interval',
  source: 'Amazon EC2 user guide, "Monitor network performance for ENA settings"',
  reads: interfaceOrders,
  rereads,
  judge: (node) =>
    judged(node, /allowance_exceeded/i, {
      none: 'not a card with such limits',
      state: 'wrong',
      remedy: () =>
        'a larger type of machine, or fewer packets and connections: bw, pps, conntrack and linklocal (DNS, metadata) are counted apart',
    }),
};

const NAT_CHECKSUM =
  'kernels before 5.6.13, 5.4.41, 4.19.123 computed a wrong checksum for VXLAN packets of masqueraded connections';

/** Checksums of what goes into a tunnel, computed by the card: wrong ones are dropped, and SYNs come again after 1, 3, 7 s. */
export const tunnelChecksums: Check = {
  name: 'tunnel-checksums',
  about: 'offload of transmit checksums on tunnel devices',
  threshold: 'notice: on, on a kernel of the range',
  source: `${NAT_CHECKSUM} (commit ea64d8d6c675): kubernetes#88986, calico#3145`,
  reads: (known) => [
    ...['read /proc/sys/kernel/osrelease', 'list /sys/class/net/*'],
    ...tunnels(known.paths(/^\/sys\/class\/net\/[^/]+$/)).map((name) => `interface ${name}`),
  ],
  judge: ({ before }) => {
    const names = tunnels(before.paths(/^\/sys\/class\/net\/[^/]+$/));
    const devices = interfaceQueues(before, names).filter(({ driver }) => driver === 'vxlan');
    if (devices.length === 0) return [{ state: 'ok', detail: 'no VXLAN device here' }];
    const release = before.text('/proc/sys/kernel/osrelease');
    const isOld = release.kind === 'text' && hasWrongChecksum(release.text.trim());
    return devices.map(({ interface: subject, offloads }) => {
      const isOn = offloads?.txChecksum === true;
      const detail = isOn ? 'on' : 'off';
      if (!isOn || !isOld) return { state: 'ok', subject, detail };
      return {
        state: 'notice',
        subject,
        detail: `on, and ${NAT_CHECKSUM}`,
        remedy: `ethtool -K ${subject} tx-checksum-ip-generic off, or a kernel with the fix; --random-fully of kube-proxy brings it out`,
      };
    });
  },
};

function tunnels(paths: readonly string[]): string[] {
  return paths
    .map((path) => path.split('/')[4] ?? '')
    .filter((name) => /vxlan|flannel|vtep|calico|cilium/i.test(name))
    .slice(0, 8);
}

function hasWrongChecksum(release: string): boolean {
  const [major = 0, minor = 0, patch = 0] = release.split(/[.-]/).map(Number);
  if (major !== 4 && major !== 5) return false;
  const mended: Readonly<Record<string, number>> = { '5.6': 13, '5.4': 41, '4.19': 123 };
  const stable = mended[`${major}.${minor}`];
  return stable === undefined ? major === 4 || minor < 7 : patch < stable;
}
