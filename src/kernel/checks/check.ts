import type { CheckState, NodeCheck } from '../../model/node-check.js';
import { present } from '../../model/present.js';
import type { NodeFiles } from '../node-files.js';

/** One thing that `rxray check` looks at. Pure: it says what to read, and judges what was read. */
export interface Check {
  /** As `--only` takes it. */
  readonly name: string;
  /** For a list of the checks. */
  readonly about: string;
  readonly threshold: string;
  readonly source: string;
  /** The most time its readings may take on the node. */
  readonly budgetNs?: number;
  /**
   * All that it wants to have read, as orders to a node, once the files given are known; asked again until
   * nothing is added. An order that stands there twice is read twice.
   */
  reads(known: NodeFiles): readonly string[];
  /** What is read again after the interval. */
  rereads?(known: NodeFiles): readonly string[];
  judge(node: NodeReadings): readonly Judgement[];
}

export interface NodeReadings {
  readonly before: NodeFiles;
  /** A little later, of what was asked to be read again. */
  readonly after: NodeFiles;
}

/** A result, still without the name of the check and its node. */
export interface Judgement {
  readonly state: CheckState;
  readonly subject?: string;
  readonly detail: string;
  readonly measured?: Readonly<Record<string, number>>;
  readonly remedy?: string;
}

export function unknown(detail: string, subject = ''): Judgement {
  return { state: 'unknown', subject, detail };
}

/** The check's results for a node, ready to be shown. */
export function checked(check: Check, node: string, readings: NodeReadings): NodeCheck[] {
  return judged(check, readings).map(({ state, subject = '', detail, measured = {}, remedy }) => ({
    type: 'check',
    node,
    check: check.name,
    subject,
    state,
    detail,
    measured: { ...measured },
    threshold: check.threshold,
    source: check.source,
    ...present({ remedy }),
  }));
}

/** A text of an unforeseen form must cost one row, not the whole report. */
function judged(check: Check, readings: NodeReadings): readonly Judgement[] {
  try {
    return check.judge(readings);
  } catch (error) {
    if (!(error instanceof UnforeseenText)) throw error;
    return [unknown(`of a form that is not known here: ${error.message}`)];
  }
}

/** A text that is not of the form the kernel is known to write. */
export class UnforeseenText extends Error {}
