import type { MeasuredPath } from '../../model/measured-path.js';
import { isRequest } from '../../model/protocol.js';
import type { Summary } from '../../model/summary.js';
import { MS } from '../../model/time.js';

/** With fewer answers nothing is a rule. */
const LEAST_ANSWERS = 10;
/** Packets take this share of what requests take, or less: the network is no part of it. */
const NO_PART = 0.1;

/**
 * Requests that are slow as a rule: nothing of them comes and goes, so no stage shows by when it waits, and a bisection
 * finds nothing. Says so, and what packets to the same target take.
 */
export function slowAsARule(
  paths: readonly MeasuredPath[],
  summaries: readonly Summary[],
  thresholdNs: number,
): string[] {
  const usual = (name: string): number | undefined => {
    const summary = summaries.find(({ path }) => path === name);
    return summary === undefined || summary.received < LEAST_ANSWERS ? undefined : summary.rttNs?.p50;
  };
  return paths.flatMap(({ name, vantage, target, protocol }) => {
    const tookNs = isRequest(protocol) ? usual(name) : undefined;
    if (tookNs === undefined || tookNs < thresholdNs) return [];
    const beside = paths
      .filter((path) => path.vantage === vantage && path.target === target && !isRequest(path.protocol))
      .flatMap((path) => usual(path.name) ?? []);
    const packetsNs = Math.max(...beside);
    const slow = `${name}: half of the requests take ${ms(tookNs)} or more, as a rule and not now and then: what is slow all the time makes no incident, and "healthy" says nothing of it`;
    if (beside.length === 0) return [`${slow}; no packets to ${target} were measured beside them`];
    return packetsNs <= NO_PART * tookNs
      ? [
          `${slow}; packets to ${target} take ${ms(packetsNs)}, so it is the ${protocol === 'dns' ? 'resolver or what it asks' : 'server: its work, what it calls, or its CPU quota, which a vantage on its machine tells apart'}`,
        ]
      : [`${slow}; packets to ${target} take ${ms(packetsNs)}: the way there has a part in it`];
  });
}

const ms = (ns: number): string => `${(ns / MS).toFixed(ns < 10 * MS ? 1 : 0)} ms`;
