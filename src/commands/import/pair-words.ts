import type { ClockAlignment } from '../../bisect/evidence/clock-alignment.js';
import type { ArrivalsView } from '../../bisect/evidence/receiver-view.js';
import { formatLength } from '../../format/duration.js';
import type { PathTable } from '../../imports/capture/exchange/path-table.js';
import type { PathIntake } from '../../imports/capture/path-intake.js';
import type { ArrivalsRecord } from '../../model/records/arrivals.js';
import { SECOND } from '../../model/time.js';

/** One end of two captures, as far as notes go. */
interface NotedEnd {
  /** Of the other's clock to this one's; undefined while too few probes were seen at both ends. */
  readonly alignment: ClockAlignment | undefined;
  /** Short names of the files of this end and of the other. */
  readonly own: string;
  readonly other: string;
  readonly epochsApartNs: number;
}

const WHERE: Readonly<Record<ArrivalsRecord['where'], string>> = {
  'before-capture': 'before the second capture point',
  'inside-node': 'behind it, on that machine',
  'on-the-way-back': 'on the way back',
};

/**
 * What the other end saw of the probes of a stall, as NDJSON prints it.
 *
 * @param shiftNs from the epoch of the sender's capture to that of the run
 */
export function arrivalsRecord(
  view: ArrivalsView,
  { table, intake }: { readonly table: PathTable; readonly intake: PathIntake },
  shiftNs: number,
): ArrivalsRecord {
  const path = table.paths.findIndex(({ name }) => name === view.path);
  const flows = view.flowsHeld.flatMap((port) => intake.flowOf(path, port) ?? []);
  return {
    type: 'arrivals',
    path: view.path,
    machine: view.machine,
    where: view.where,
    from: Math.round(view.fromNs + shiftNs),
    to: Math.round(view.toNs + shiftNs),
    excessNs: view.excessNs,
    probes: view.heldProbes,
    order: view.order,
    releaseSpreadNs: view.releaseSpreadNs,
    bunched: view.bunched,
    flowsHeld: flows.sort((a, b) => a - b),
  };
}

/** How the clocks of both ends stand, and how many findings waited where. */
export function pairNotes(
  ends: readonly NotedEnd[],
  where: ReadonlyMap<ArrivalsRecord['where'], number>,
): readonly string[] {
  const notes = ends.flatMap(({ alignment, own, other, epochsApartNs }) => {
    if (alignment === undefined) return [];
    const offsetNs = Math.round(epochsApartNs - alignment.offsetNs);
    const words = offsetNs >= 0 ? 'ahead of' : 'behind';
    const uncertainty = formatLength(Math.max(1_000, Math.round(alignment.uncertaintyNs)));
    return (
      `the clock of ${other} is ${(Math.abs(offsetNs) / SECOND).toFixed(6)} s ${words} that of ${own} (±${uncertainty}, by the probes themselves); ` +
      `stalls are told by the clock of ${own}, who sends`
    );
  });
  const counted = [...where].map(([place, count]) => `${count} ${WHERE[place]}`);
  return counted.length === 0 ? notes : [...notes, `findings by where most of the wait was: ${counted.join(', ')}`];
}
