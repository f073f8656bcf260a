import type { Cause } from '../../model/cause.js';
import type { Topology } from '../paths/topology.js';
import type { Hypothesis, LocalView } from './hypothesis.js';
import type { Scene } from './scene.js';

/** Number of receive queues by machine, where it is known. */
export type QueueCounts = Readonly<Record<string, number>>;

/** A hypothesis before all places of its cause share the prior. */
export interface Placed extends Omit<Hypothesis, 'cause' | 'label' | 'prior' | 'local'> {
  /** Its part of the prior of its cause; those of all places are brought to 1 together. */
  readonly weight: number;
}

/** All that is known of one cause; the file of that name has it, and lists and words elsewhere come from there. */
export interface CauseKnowledge {
  readonly name: Cause;
  /** How often it is the cause, against the others. */
  readonly share: number;
  /** Causes of one family share one such part: each alone would be as likely. Default: it is its own family. */
  readonly family?: string;
  /** It holds requests and no packets: of no concern where nothing is asked. */
  readonly behindNetwork?: true;
  /**
   * The cause at every place that the paths cross.
   *
   * @param queues number of receive queues, of machines that said it
   */
  places(topology: Topology, queues: QueueCounts): Placed[];
  readonly local: LocalView;
  /** What a verdict of it means, in one sentence. @param place the machines as one says them */
  meaning(place: string): string;
  /** What to look at where it is to blame. */
  lookInto(machines: readonly string[], scene: Scene): string[];
  /**
   * What to measure to tell it from the others that look the same.
   *
   * @param others causes of equal standing, this one left out
   */
  tellApart(machines: readonly string[], others: readonly Hypothesis[], scene: Scene): string[];
}
