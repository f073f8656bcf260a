import { MS } from '../../model/time.js';

/** What the kernel of a machine counted over the run, of the server that is asked there. Undefined: it does not say. */
export interface MachineAccount {
  readonly machine: string;
  /** The process that listens on the port. */
  readonly server?: { readonly process: number; readonly name: string } | undefined;
  /** Time that its control group was stopped by its CPU quota. */
  readonly throttledNs?: number | undefined;
  /** Connections that found the accept queue full (ListenOverflows of TcpExt), of all ports. */
  readonly overflows?: number | undefined;
  /** The most that waited to be accepted at the port, and how many may. */
  readonly waiting?: number | undefined;
  readonly limit?: number | undefined;
  /** Segments that TCP sent again, of all connections. */
  readonly retransmitted?: number | undefined;
  /** Longest time that a thread of the server was ready and did not run, in the run. */
  readonly runDelayNs?: number | undefined;
}

export const ACCOUNT_SIGNS = ['throttled', 'overflowed'] as const;
export type AccountSign = (typeof ACCOUNT_SIGNS)[number];

/** How often a sign shows while something else is the cause. */
export const SIGN_BY_CHANCE: Readonly<Record<AccountSign, number>> = { throttled: 0.06, overflowed: 0.02 };

/** Less than this is a period or two of a start. */
const LEAST_THROTTLED_NS = 20 * MS;

/** Whether an account shows a sign; undefined where it does not say. */
export function shows(account: MachineAccount, sign: AccountSign): boolean | undefined {
  if (sign === 'throttled')
    return account.throttledNs === undefined ? undefined : account.throttledNs >= LEAST_THROTTLED_NS;
  return account.overflows === undefined ? undefined : account.overflows > 0;
}
