import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readPcap } from './pcap-file.js';
import { type ProbePacket, probePackets } from './probe-packet.js';

/** Probes and what answers them; nothing else need be copied. */
export const PROBES = 'icmp or tcp[tcpflags] & (tcp-syn | tcp-rst) != 0';

/** Longest prefix that is looked at: Ethernet, IP and TCP headers. */
const SNAPSHOT_BYTES = 96;
const RING_KIB = 16_384;
/** tcpdump has its ring handed over once a second; what is in it when tcpdump is told to end is lost. */
const HAND_OVER_MS = 1_300;
const START_LIMIT_MS = 10_000;
/** After so long a capture ends by itself, should whoever started it be gone. */
const LIFETIME_S = 900;

export interface Captured {
  readonly packets: readonly ProbePacket[];
  /** Packets that found the ring full. */
  readonly dropped: number;
}

export interface RunningCapture {
  /** Waits until the last packets are in, ends the capture and returns it. */
  stop(): Promise<Captured>;
  /** Ends it at once, for nothing. */
  abandon(): void;
}

/**
 * Captures on an interface of a network namespace with nanosecond stamps; resolves once tcpdump listens.
 *
 * Not in immediate mode: tcpdump would be woken for every packet, between the stamp of its own tap and the driver's,
 * and so delay each probe by more than the difference that is to be measured.
 */
export async function startCapture(netns: string, device: string, filter = PROBES): Promise<RunningCapture> {
  const folder = mkdtempSync(join(tmpdir(), 'rxray-capture-'));
  const file = join(folder, 'packets.pcap');
  // biome-ignore format: one command line
  const child = spawn('timeout', ['-s', 'INT', String(LIFETIME_S), 'ip', 'netns', 'exec', netns, 'tcpdump',
    '-i', device, '-n', '-s', String(SNAPSHOT_BYTES), '-B', String(RING_KIB), '--time-stamp-precision=nano', '-Z', 'root', '-w', file, filter],
    { stdio: ['ignore', 'ignore', 'pipe'] });
  let told = '';
  const exited = once(child, 'close').catch(() => {});
  const abandon = (): void => {
    // Passed on by timeout.
    child.kill('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  };
  const listening = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => reject(new Error(`tcpdump ended: ${told.trim()}`)));
    setTimeout(() => reject(new Error(`tcpdump does not listen: ${told.trim()}`)), START_LIMIT_MS).unref();
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      told += text;
      if (told.includes('listening on')) resolve();
    });
  });
  await listening.catch((error: unknown) => {
    abandon();
    throw error;
  });
  return {
    abandon,
    stop: async () => {
      await sleep(HAND_OVER_MS);
      child.kill('SIGINT');
      await exited;
      try {
        const dropped = Number(/(\d+) packets? dropped by kernel/.exec(told)?.[1] ?? 0);
        return { packets: probePackets(readPcap(readFileSync(file))), dropped };
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}
