import { present } from './present.js';
/** What the user may choose of how samples are judged, beside the threshold. */
export interface Judging {
  /** Excess over the running median from which on a stall is one, in nanoseconds. Default by the noise of each path. */
  readonly stallThresholdNs?: number | undefined;
  /** Receive queues of the target that a clean bill speaks of. Default 8. */
  readonly queues?: number | undefined;
}

/** The same out of the options of a run, as they were recorded, with what is chosen anew on top. */
export function judgingOf(recorded: Readonly<Record<string, unknown>>, chosen: Judging = {}): Judging {
  const number = (name: keyof Judging): number | undefined => {
    const value = chosen[name] ?? recorded[name];
    return typeof value === 'number' ? value : undefined;
  };
  const [stallThresholdNs, queues] = [number('stallThresholdNs'), number('queues')];
  return {
    ...present({ stallThresholdNs, queues }),
  };
}
