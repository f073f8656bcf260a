import type { ReceivedStamp } from '../model/sample.js';
import type { Summary } from '../model/summary.js';

const RECEIVED_BY: Readonly<Record<ReceivedStamp, string>> = {
  card: "the card's",
  driver: "the driver's",
  socket: "the packet socket's",
  user: "the prober's own",
};

/** RTTs that are not all between the same points of the way, apart. */
export function stampLines({ rttByStamps }: Summary): string[] {
  if (rttByStamps === undefined) return [];
  const parts = rttByStamps.map(({ received, sentInUserSpace, replies, rttNs: { p50, p99 } }) => {
    const sent = sentInUserSpace ? ', sent by user space' : '';
    const [half, most] = [p50, p99].map((ns) => (ns / 1e6).toFixed(3));
    return `${replies} by ${RECEIVED_BY[received]} receive stamp${sent}: p50/p99 = ${half}/${most} ms`;
  });
  return [`rtt is of different stamps, not to be compared: ${parts.join('; ')}`];
}
