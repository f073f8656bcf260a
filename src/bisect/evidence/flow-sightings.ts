import { type FlowSighting, groupFlows } from '../../stats/flow-groups.js';
import { queueWords, type Receiver } from '../paths/queue-prediction.js';
import type { Topology } from '../paths/topology.js';
import type { Case } from '../weigh/case.js';
import type { Judgement } from '../weigh/judgement.js';
import type { Observation } from './observation.js';

const FLOWS_A_PATH = 0x1_0000;

/** Makes one number of a path, by its index, and one of its flows. */
export const flowNumber = (path: number, flow: number): number => path * FLOWS_A_PATH + flow;

/** What is seen of the flows that hash by ports where they arrive at a machine, incident by incident. */
export function sightingsAt(machine: string, topology: Topology, incidents: readonly Observation[]): FlowSighting[] {
  const paths = topology.paths.flatMap(({ flows }, path) =>
    flows > 1 && topology.arrivesAt(path, machine) && topology.overlay(path) === undefined ? [path] : [],
  );
  return incidents.flatMap((incident) => {
    const number = (path: number, flows: readonly number[] | undefined): number[] =>
      (flows ?? []).map((flow) => flowNumber(path, flow));
    const hit = paths.flatMap((path) => number(path, incident.paths[path]?.hit));
    const passed = paths.flatMap((path) => number(path, incident.paths[path]?.clean));
    return hit.length === 0 ? [] : [{ hit, passed }];
  });
}

/** For a verdict of rx-queue: how many receive queues the flows suggest, and whether what the machine says agrees. */
export function queueNotes(judgement: Judgement, known: Case, receivers: Readonly<Record<string, Receiver>>): string[] {
  if (judgement.says !== 'cause') {
    return [];
  }
  return judgement.leading.shares.flatMap(({ hypothesis, incidents }) => {
    const [machine] = hypothesis.machines;
    if (hypothesis.cause !== 'rx-queue' || machine === undefined) {
      return [];
    }
    const own = incidents.map((incident) => known.incidents[incident] as Observation);
    const sightings = sightingsAt(machine, known.topology, own);
    return queueWords(machine, groupFlows(sightings), receivers[machine], sightings);
  });
}
