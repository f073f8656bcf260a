import { type ArrivalColumns, allocateArrivals, Directions } from '../../model/arrival.js';
import { allocateSamples, copySample, type SampleColumns } from '../../model/sample.js';

/** The samples that are wanted. */
export function onlyThose(samples: SampleColumns, wanted: (i: number) => boolean): SampleColumns {
  const places: number[] = [];
  for (let i = 0; i < samples.length; i += 1) if (wanted(i)) places.push(i);
  if (places.length === samples.length) return samples;
  // Where batches were put together is not kept: what comes from captures has no cuts.
  const some = allocateSamples(places.length);
  for (const [i, place] of places.entries()) copySample(samples, place, some, i);
  return samples.routers === undefined ? some : { ...some, routers: samples.routers };
}

/** Answered probes as the far end saw them: in when its capture has the probe, out when it has the answer. */
export function arrivalsOf(samples: SampleColumns): ArrivalColumns {
  const arrivals = allocateArrivals(samples.length * 2);
  let length = 0;
  const put = (i: number, timeNs: number, direction: number): void => {
    arrivals.path[length] = samples.path[i] as number;
    arrivals.seq[length] = samples.seq[i] as number;
    arrivals.flow[length] = samples.flow[i] as number;
    arrivals.timeNs[length] = timeNs;
    arrivals.direction[length] = direction;
    length += 1;
  };
  for (let i = 0; i < samples.length; i += 1) {
    const sentNs = samples.sentNs[i] as number;
    const rttNs = samples.rttNs[i] as number;
    if (rttNs < 0) continue;
    put(i, sentNs, Directions.in);
    put(i, sentNs + rttNs, Directions.out);
  }
  return { ...arrivals, length };
}
