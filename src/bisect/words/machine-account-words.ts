import { MS } from '../../model/time.js';
import type { MachineAccount } from '../evidence/machine-account.js';

/** What a machine counted of its server over the run, in words. */
export function accountText(account: MachineAccount): string {
  const { server, port, throttledNs, overflows, waiting, limit, retransmitted, runDelayNs } = account;
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
    ...add(retransmitted, (count) => `${count} segments sent again`),
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
