/** As in the kernel's enumeration, which has not changed since 2.6.30. */
const NAMES = ['HI', 'TIMER', 'NET_TX', 'NET_RX', 'BLOCK', 'IRQ_POLL', 'TASKLET', 'SCHED', 'HRTIMER', 'RCU'];

export function softirqName(number: number): string {
  return NAMES[number] ?? `softirq ${number}`;
}
