import { readFileSync } from 'node:fs';
import { SECOND } from '../../model/time.js';

const LINEAR = '/proc/sys/net/ipv4/tcp_syn_linear_timeouts';

/**
 * When after its send the kernel sends a SYN again, as long as nothing answers: after 1, 3 and 7 s (RFC 6298), or on
 * Linux 6.5 and newer first every second, as often as net.ipv4.tcp_syn_linear_timeouts says.
 */
export function synRetransmitsNs(withinNs: number, linear: number = linearTimeouts()): number[] {
  const instants: number[] = [];
  let intervalNs = SECOND;
  for (let atNs = SECOND; atNs <= withinNs; atNs += intervalNs) {
    instants.push(atNs);
    if (instants.length > linear) intervalNs *= 2;
  }
  return instants;
}

function linearTimeouts(): number {
  try {
    return Number(readFileSync(LINEAR, 'utf8')) || 0;
  } catch {
    return 0;
  }
}
