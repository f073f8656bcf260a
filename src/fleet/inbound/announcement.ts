import { Keys, secretFrom, sipHash } from '../../codec/probe-key.js';

/** The grid of a SYN path as its sender announces it. */
export interface AnnouncedGrid {
  readonly path: number;
  readonly firstPort: number;
  readonly flows: number;
  readonly port: number;
  /** When slot 0 was due, ns since the start of the sender's run. */
  readonly firstNs: number;
  readonly intervalNs: number;
}

/** What an echo says, once its keys were found right. */
export interface Announcement {
  readonly path: number;
  readonly seq: number;
  /** Tells the runs of a sender apart. */
  readonly epoch: bigint;
  readonly dueNs: number;
  readonly grid: AnnouncedGrid | undefined;
}

const NO_PATH = 0xffff_ffff;
const BYTES = 72;
const TAG_AT = 64;
/** A run does not last longer than this, nor does a grid have wider slots. */
const MOST_NS = 2 ** 53;

/**
 * Reads the payload of an echo; its layout stands in native/prober/send/announcement.h.
 *
 * @param secret of the echo's path, 32 hexadecimal digits
 * @returns undefined where it is not genuine
 */
export function readAnnouncement(payload: Uint8Array, secret: string): Announcement | undefined {
  if (payload.length < BYTES) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, BYTES);
  const key = secretFrom(secret);
  if (sipHash(key, payload.subarray(0, TAG_AT)) !== view.getBigUint64(TAG_AT)) return undefined;
  const [path, seq] = [view.getUint32(0), view.getUint32(4)];
  if (new Keys(key).nonce(path, seq) !== view.getBigUint64(8)) return undefined;
  const dueNs = Number(view.getBigUint64(28));
  const grid = {
    path: view.getUint32(36),
    firstPort: view.getUint16(40),
    flows: view.getUint16(42),
    port: view.getUint16(44),
    firstNs: Number(view.getBigUint64(48)),
    intervalNs: Number(view.getBigUint64(56)),
  };
  const isGrid = grid.path !== NO_PATH && grid.flows > 0 && grid.intervalNs > 0 && grid.intervalNs < MOST_NS;
  return { path, seq, epoch: view.getBigUint64(20), dueNs, grid: isGrid ? grid : undefined };
}
