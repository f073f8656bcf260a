import { MACHINE_COUNT_NAMES, MACHINE_COUNTS } from '../../model/machine-counts.js';
import { MS } from '../../model/time.js';
import type { MachineAccount } from '../evidence/machine-account.js';

/** What a machine counted of its server over the run, in words. */
export function accountText(account: MachineAccount): string {
  const {
    server,
    port,
    throttledNs,
    overflows,
    waiting,
    limit,
    retransmitted,
    runDelayNs,
    blocked,
    counted = {},
  } = account;
  const add = (known: number | undefined, words: (value: number) => string): string[] =>
    known === undefined ? [] : [words(known)];
  const parts = [
    ...add(throttledNs, (ns) => (ns === 0 ? 'no stop by a CPU quota' : `stops by the CPU quota of ${ms(ns)} in all`)),
    ...add(overflows, (count) =>
      count === 0 ? 'no overflow of an accept queue' : `${count} overflows of accept queues`,
    ),
    ...(waiting === undefined || limit === undefined
      ? []
      : [`at most ${waiting} of ${limit} connections waiting to be accepted`]),
    ...add(runDelayNs, (ns) => `threads of the server ready and not running for ${ms(ns)} at most`),
    ...(blocked === undefined || blocked.readings === 0
      ? []
      : [`a thread of the server blocked at ${blocked.readings} of ${blocked.of} readings`]),
    ...add(retransmitted, (count) => `${count} segments sent again`),
    ...MACHINE_COUNT_NAMES.flatMap((name) => {
      const count = counted[name] ?? 0;
      return count === 0 ? [] : [`${count} ${MACHINE_COUNTS[name]}`];
    }),
  ];
  const where = port === undefined ? '' : `port ${port}`;
  const who = server === undefined ? '' : `${server.name}[${server.process}]`;
  const named = [who, where].filter((word) => word !== '').join(', ');
  const whose = named === '' ? '' : ` (${named})`;
  return `${parts.length === 0 ? 'nothing that is known' : parts.join(', ')}${whose}`;
}

function ms(ns: number): string {
  return `${(ns / MS).toFixed(ns < 10 * MS ? 1 : 0)} ms`;
}
