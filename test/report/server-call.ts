import type { ServerCall } from '../../src/model/server-call.js';

/** As told of a server that takes a lock. */
export const SERVER_CALL: ServerCall = {
  machine: 'node',
  pid: 812,
  process: 'web',
  name: 'flock',
  arguments: '3</var/lock/x>, LOCK_EX',
  file: '/var/lock/x',
  kernelStack: ['flock_lock_inode_wait', '__x64_sys_flock'],
  calls: 2,
  longestNs: 204_000_000,
  requests: 8,
  of: 9,
};
