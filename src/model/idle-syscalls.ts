/**
 * System calls in which a thread waits for something to do: how long they take says how little there was to do, not what
 * was slow. `read` and `accept` wait so too, but for a file as well as for a peer, and stay.
 */
export const IDLE_SYSCALLS: readonly string[] = [
  'poll',
  'ppoll',
  'select',
  'pselect6',
  'epoll_wait',
  'epoll_pwait',
  'epoll_pwait2',
  'futex',
  'futex_waitv',
  'nanosleep',
  'clock_nanosleep',
  'pause',
  'rt_sigsuspend',
  'rt_sigtimedwait',
  'wait4',
  'waitid',
];
