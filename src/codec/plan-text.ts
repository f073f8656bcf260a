import type { PlannedPath, ProbePlan } from '../model/plan.js';

/** The plan as `rxray-prober` reads it on its standard input; its grammar stands in native/prober/plan.h. */
export function encodePlan(plan: ProbePlan): string {
  const lines = [
    'rxray-plan 1',
    `count ${plan.count}`,
    `duration-ns ${plan.durationNs}`,
    `wait-ns ${plan.waitNs}`,
    `match-ns ${plan.matchNs}`,
    `timestamps ${plan.timestamps}`,
    `cpu ${plan.cpu}`,
    `sched ${plan.scheduling}`,
    `max-pps-per-target ${plan.maxPacketsPerSecondToTarget}`,
    ...(plan.secret === undefined ? [] : [`secret ${plan.secret}`]),
    ...plan.paths.map(pathLine),
    'run',
  ];
  return `${lines.join('\n')}\n`;
}

function pathLine(path: PlannedPath, index: number): string {
  const words = [`path ${index} ${path.protocol} ${path.address}`];
  const set = (key: string, value: string | number | undefined): void => {
    if (value !== undefined) words.push(`${key}=${value}`);
  };
  if (path.protocol !== 'icmp') {
    set('port', path.port);
    set('flows', path.flows);
    if (path.freshPerSecond > 0) set('fresh-pps', path.freshPerSecond);
  }
  set('interval-ns', path.intervalNs);
  set('if', path.interface);
  set('source', path.source);
  set('ttl', path.ttl);
  return words.join(' ');
}
