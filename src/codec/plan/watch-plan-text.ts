import type { Hear } from '../../model/plan.js';
import type { Watch, WatchPlan } from '../../model/watch.js';

/** A plan that only looks on, as `rxray-prober` reads it; its grammar stands in native/README.md. */
export function encodeWatchPlan(plan: WatchPlan): string {
  const lines = [
    'rxray-plan 1',
    `duration-ns ${plan.durationNs ?? 0}`,
    `cpu ${plan.cpu ?? 'auto'}`,
    ...(plan.tellNs === undefined ? [] : [`tell-ns ${plan.tellNs}`]),
    ...(plan.sparesOthers === true ? ['tap early'] : []),
    ...(plan.secret === undefined ? [] : [`secret ${plan.secret}`]),
    ...plan.watches.map(watchLine),
    ...plan.local.map((name) => `local if=${name}`),
    ...(plan.hears ?? []).map(hearLine),
    ...(plan.answers ?? []).map(({ address, port }) => `answers ${address} port=${port}`),
    'run',
  ];
  return `${lines.join('\n')}\n`;
}

/** Also of a plan that sends. */
export function hearLine({ interface: name, ports }: Hear): string {
  return `hear if=${name} ports=${ports.join('-')}`;
}

/** One watch, as plans of prober and tracer have it. */
export function watchLine(watch: Watch): string {
  const words = [`watch ${watch.path} ${watch.protocol} ${watch.target}`];
  const set = (key: string, value: string | number | undefined): void => {
    if (value !== undefined) words.push(`${key}=${value}`);
  };
  set('as', watch.as);
  set('port', watch.port);
  set('source', watch.source);
  set('ports', watch.fromPorts?.join(',') ?? watch.ports?.join('-'));
  set('fresh', watch.freshPorts?.join('-'));
  set('id', watch.icmpId);
  set('if', watch.interface);
  if (watch.tunnel === true) set('tunnel', 1);
  return words.join(' ');
}
