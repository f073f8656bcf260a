import type { Case } from './case.js';
import { type FlowSighting, groupFlows } from './flow-groups.js';
import type { Judgement } from './judgement.js';
import type { Observation } from './observation.js';
import type { Topology } from './topology.js';

/** Makes one number of a path and one of its flows. */
const FLOWS_A_PATH = 0x1_0000;

/** What is seen of the flows that hash by ports where they arrive at a machine, incident by incident. */
export function sightingsAt(machine: string, topology: Topology, incidents: readonly Observation[]): FlowSighting[] {
  const paths = topology.paths.flatMap(({ flows }, path) =>
    flows > 1 && topology.arrivesAt(path, machine) && !topology.tunnelled(path) ? [path] : [],
  );
  return incidents.flatMap((incident) => {
    const number = (path: number, flows: readonly number[] | undefined): number[] =>
      (flows ?? []).map((flow) => path * FLOWS_A_PATH + flow);
    const hit = paths.flatMap((path) => number(path, incident.paths[path]?.hit));
    const passed = paths.flatMap((path) => number(path, incident.paths[path]?.clean));
    return hit.length === 0 ? [] : [{ hit, passed }];
  });
}

/** For a verdict of rx-queue: how many receive queues the flows suggest. */
export function queueNotes(judgement: Judgement, known: Case): string[] {
  if (judgement.says !== 'cause') {
    return [];
  }
  return judgement.leading.shares.flatMap(({ hypothesis, incidents }) => {
    const [machine] = hypothesis.machines;
    if (hypothesis.cause !== 'rx-queue' || machine === undefined) {
      return [];
    }
    const own = incidents.map((incident) => known.incidents[incident] as Observation);
    const { queues, stalled } = groupFlows(sightingsAt(machine, known.topology, own));
    if (queues === null) {
      return [];
    }
    const held = stalled.length === 1 ? 'one of them stalls' : `${stalled.length} of them stall`;
    return [
      `by the flows that wait together ${machine} has about ${queues.likely} receive queues (${queues.least} to ${queues.most}, 95 %); ${held}`,
    ];
  });
}
