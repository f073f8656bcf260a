import type { EngineEvent } from '../../model/engine-event.js';
import type { Finding } from '../../model/finding.js';
import type { Outage } from '../../model/outage.js';
import type { Measurement } from './measurement.js';

/** An event of a run of probes, with what it completes. */
export interface MeasuredEvent {
  readonly event: EngineEvent;
  readonly findings: readonly Finding[];
  /** Paths that went silent, or answer again. */
  readonly outages: readonly Outage[];
}

/** Takes one event in. */
export function measured(measurement: Measurement, event: EngineEvent): MeasuredEvent {
  const findings = measurement.take(event);
  // With the last event, so that a recording has what follows from it in its place.
  if (event.kind === 'end') findings.push(...measurement.finish());
  return { event, findings, outages: measurement.outages() };
}

/**
 * A run of probes as every command reads it, live or from a recording, to its end.
 *
 * @param placed brings events to another time line before they are looked at
 */
export async function* measuredRun(
  events: AsyncIterable<EngineEvent>,
  measurement: Measurement,
  placed: (event: EngineEvent) => EngineEvent = (event) => event,
): AsyncGenerator<MeasuredEvent> {
  for await (const event of events) yield measured(measurement, placed(event));
}
