/** What is told of a capture while it is read; the methods are called in the order of the file. */
export interface PacketSink {
  /**
   * One packet.
   * @param bytes valid during the call only, from `from` to `to`
   * @param timeNs since {@link PacketSink.epoch}
   */
  packet(bytes: Uint8Array, from: number, to: number, timeNs: number, linkType: number): void;
  /** The second of the first packet, in whole seconds of CLOCK_REALTIME: what times count from. */
  epoch(seconds: number): void;
  /** Packets that the capturing system says it dropped. */
  dropped(count: number): void;
}

/** Where a capture stopped making sense, or ended inside a record. */
export interface Damage {
  readonly atByte: number;
  readonly why: string;
}

/** Reads one capture format, a piece of the file at a time. */
export interface CaptureFormat {
  /**
   * Reads whole records from `bytes`, up to `end`.
   * @param fileAt offset of `bytes[0]` in the file
   * @returns bytes that are done with; what is left comes again, with more behind it
   * @throws DamagedCapture where the bytes make no sense
   */
  read(bytes: Uint8Array, end: number, fileAt: number): number;
  /** The file has ended, `fileAt` bytes long. @returns whether what was not read at its end has been told of */
  finish(fileAt: number): boolean;
}

/** Told of bytes between two places that made no sense. */
export type PassedOver = (atByte: number, bytes: number, why?: string) => void;

export class DamagedCapture extends Error {
  constructor(
    readonly atByte: number,
    readonly why: string,
  ) {
    super(`byte ${atByte}: ${why}`);
  }
}

/** No packet is longer: the largest snapshot length in use is 256 KiB. */
export const MOST_PACKET_BYTES = 1 << 20;

export const SECOND_NS = 1_000_000_000;
