import { formatLength } from '../../format/duration.js';
import { count } from '../../format/finding-words.js';
import type { CaptureTotals } from '../../imports/capture/exchange/exchange-totals.js';
import type { Exchanges } from '../../imports/capture/exchange/exchanges.js';
import type { PathTable } from '../../imports/capture/exchange/path-table.js';
import { MOST_PATHS } from '../../imports/capture/exchange/path-table.js';
import type { CaptureEnd } from '../../imports/capture/file/capture-reader.js';
import { linkName } from '../../imports/capture/packet/link-layer.js';
import { UNREAD } from '../../imports/capture/packet/unread.js';
import type { LearnedPath } from '../../imports/capture/path-intake.js';
import type { Io } from '../terminal/io.js';

/** Damaged places that are told one by one. */
const DAMAGES_TOLD = 3;

export interface CaptureRead {
  readonly source: string;
  readonly end: CaptureEnd;
  readonly exchanges: Exchanges;
  readonly table: PathTable;
  readonly learned: readonly (LearnedPath | undefined)[];
}

/** What a capture's own nature did to the evidence, in words; `urgent` is what its user must know at once. */
export function captureNotes(read: CaptureRead): { readonly notes: string[]; readonly urgent: string[] } {
  const { end, exchanges, learned } = read;
  const { capture, totals } = exchanges;
  const urgent = [...damageNotes(read), ...unreadNotes(capture)];
  const notes = [
    ...urgent,
    'stamps are those of the capturing kernel: a wait before the capture point on the way in, for the poll of a receive queue, say, is not within an RTT captured at its far end',
    'a capture shows when a probe was sent, not when it was due: that the sender itself was late is not seen',
  ];
  const add = (wanted: boolean, words: () => string): void => {
    if (wanted) notes.push(words());
  };
  const sum = (key: 'sentAgain' | 'sameNumber' | 'copies'): number =>
    totals.reduce((all, one) => all + (one?.[key] ?? 0), 0);
  add(capture.packets === 0 && !end.cutOff, () => 'the capture has no packets');
  add(
    sum('sentAgain') > 0,
    () =>
      `${sum('sentAgain')} SYNs were sent again for want of an answer; each counts as a probe of its own, and its RTT counts from the SYN that was answered`,
  );
  add(
    sum('sameNumber') > 0,
    () =>
      `${sum('sameNumber')} probes carry the number of one shortly before (nping does so): which answer is to which is told by their order alone`,
  );
  add(
    sum('copies') > 0,
    () => `${sum('copies')} packets were captured at more than one interface; the first sight counts`,
  );
  add(capture.strays > 0, () => `${capture.strays} answers have no probe in the capture`);
  add(
    capture.leftOut > 0,
    () =>
      `${capture.leftOut} probes belong to paths that were left out (at most ${MOST_PATHS} are followed; see --only and --together)`,
  );
  const fresh = learned.filter((about) => about?.freshOnly === true).length;
  add(
    fresh > 0,
    () =>
      `${fresh} paths have a new source port for each probe: only some of them cross a given receive queue, so a stall of one queue shows as spikes`,
  );
  const irregular = learned.filter((about) => about?.regular === false).length;
  add(
    irregular > 0,
    () =>
      `${irregular} paths were not probed at regular distances: nobody looked in between, and the smallest stall that would have been seen is that of the widest gap`,
  );
  const widest = totals.reduce((most, one) => Math.max(most, one?.widestGapNs ?? 0), 0);
  add(
    widest > 0 && fresh + irregular > 0,
    () => `the widest gap between two probes of a path is ${formatLength(Math.round(widest))}`,
  );
  return { notes, urgent };
}

/** What a Ctrl-C left unread. */
export function interruptedNotes(io: Io): string[] {
  return io.stop.aborted ? ['interrupted: the rest was not read'] : [];
}

/** What may hold probes and was passed over: without a word it would read as silence. */
function unreadNotes({ unknownLinks, unread }: CaptureTotals): string[] {
  const passedOver = UNREAD.flatMap((name, which) => {
    const packets = unread[which] ?? 0;
    return packets === 0 ? [] : [`${count(packets, 'packet')} of ${name}`];
  });
  const links = [...unknownLinks].sort((a, b) => b[1] - a[1]);
  return [
    ...links
      .slice(0, DAMAGES_TOLD)
      .map(
        ([type, packets]) =>
          `${count(packets, 'packet')} of ${linkName(type)}, which is not understood: capture on an Ethernet or "any" interface`,
      ),
    ...(passedOver.length === 0 ? [] : [`not looked into: ${passedOver.join(', ')}`]),
  ];
}

function damageNotes({ source, end }: CaptureRead): string[] {
  const told = end.damages.slice(0, DAMAGES_TOLD).map(({ atByte, why }) => `${source}, byte ${atByte}: ${why}`);
  const more = end.damages.length - told.length;
  return more > 0 ? [...told, `${source}: ${more} more damaged places`] : told;
}
