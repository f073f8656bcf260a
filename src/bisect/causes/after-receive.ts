import type { LocalView, Ways } from './hypothesis.js';

/**
 * What a machine sees of a wait elsewhere, by and large: its packets are late to arrive, to be answered, or to come back. A
 * NodePort's node sees what waits at a pod elsewhere as inside itself, and others do not.
 */
export const ANY_LEG: Ways = [[1, [0.33, 0.34, 0.33]]];

/**
 * What waits on a machine after its driver took the packets: its arrivals are on time there, its kernel shows no wait
 * for a CPU, and the time passes between an arrival and its answer.
 */
export const AFTER_RECEIVE: LocalView = {
  waits: null,
  blind: 0,
  blindByFlow: 0,
  here: [[1, [0.03, 0.92, 0.05]]],
  elsewhere: ANY_LEG,
};
