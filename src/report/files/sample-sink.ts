import type { ProberHello } from '../../model/engine-event.js';
import type { RunRecord } from '../../model/records/run.js';
import type { SampleColumns } from '../../model/sample.js';

/** Whose samples they are: the run of one vantage, and the ports and addresses it told. */
export interface SampleOrigin {
  readonly run: RunRecord;
  readonly hello: ProberHello;
}

/** Turns samples into a file of another format, piece by piece. */
export interface SampleSink {
  samples(origin: SampleOrigin, samples: SampleColumns): Promise<void>;
  /** What stands at the end of the file. */
  end(): Promise<void>;
}

/** Where a sink puts its bytes, in order. */
export type WriteBytes = (bytes: Uint8Array) => Promise<void>;
