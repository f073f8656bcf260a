import type { Hosts } from '../../src/hosts/hosts-file.js';
import { type HostsPath, measuredPaths } from '../../src/hosts/measured-paths.js';
import { LAB_HOSTS } from '../bisect/sim-cluster.js';
import type { Pick } from './pick.js';

/** How a NodePort chooses its pod, what the hosts file says of their number, and by which way pods elsewhere answer. */
export interface Ways {
  readonly secondBackend: boolean;
  readonly spread: 'flow' | 'random';
  readonly directReturn: boolean;
  /** `backends` of the NodePort in the hosts file; absent where it says nothing. */
  readonly said?: number;
  readonly lie: string | null;
}

/** @param several whether the NodePort has two pods anyway */
export function waysOf(pick: Pick, several: boolean): Ways {
  const secondBackend = several || pick.chance(0.06);
  const spread = secondBackend && pick.chance(0.4) ? 'random' : 'flow';
  const directReturn = pick.chance(0.08);
  const backends = secondBackend ? 2 : 1;
  const wrong = pick.chance(0.05);
  const said = wrong ? pick.of([1, 2, 3].filter((one) => one !== backends)) : pick.chance(0.4) ? backends : undefined;
  const lies = [
    ...(wrong ? [`${said} backends said of ${backends}`] : []),
    ...(directReturn ? ['the pod elsewhere answers past the node'] : []),
  ];
  const lie = lies.length === 0 ? null : lies.join(', ');
  return { secondBackend, spread, directReturn, lie, ...(said === undefined ? {} : { said }) };
}

export function withBackends(hosts: Hosts, backends: number | undefined): Hosts {
  if (backends === undefined) return hosts;
  const nodeport = { ...hosts.targets.nodeport, backends } as Hosts['targets'][string];
  return { ...hosts, targets: { ...hosts.targets, nodeport } };
}

/** The hosts file, sometimes wrong. */
export function describe(pick: Pick): { hosts: Hosts; lie: string | null } {
  const roll = pick.unit();
  const { targets } = LAB_HOSTS;
  const change = (name: string, fields: object): Hosts => ({
    ...LAB_HOSTS,
    targets: { ...targets, [name]: { ...targets[name], ...fields } as Hosts['targets'][string] },
  });
  if (roll < 0.04) return { hosts: change('nodeport', { pod: 'pod-remote' }), lie: 'nodeport leads elsewhere' };
  if (roll < 0.08) return { hosts: change('nodeport-remote', { pod: 'pod' }), lie: 'nodeport-remote leads elsewhere' };
  if (roll < 0.12) return { hosts: change('external', { address: '172.16.33.99' }), lie: 'external is nowhere' };
  if (roll < 0.15) return { hosts: change('pod', { address: '10.125.20.99' }), lie: 'pod is nowhere' };
  if (roll < 0.18) return { hosts: change('pod', { node: 'node-remote' }), lie: 'pod is on the other node' };
  if (roll < 0.21) return { hosts: change('pod', { overlay: undefined }), lie: 'pod has no overlay' };
  if (roll < 0.23) return { hosts: change('node', { vantage: undefined }), lie: 'bad is another machine than node' };
  return { hosts: LAB_HOSTS, lie: null };
}

/** Some paths, and sometimes whole vantages, are missing. */
export function choosePaths(pick: Pick, hosts: Hosts): HostsPath[] {
  const all = measuredPaths(hosts);
  const vantages = new Set(['shell', 'client', 'bad', 'external'].filter(() => !pick.chance(0.15)));
  const dropped = pick.of([0, 0, 0.15, 0.4]);
  const kept = all.filter(({ measured }) => vantages.has(measured.vantage) && !pick.chance(dropped));
  return kept.length === 0 ? all.slice(0, 4) : kept;
}
