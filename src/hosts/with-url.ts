import type { Hosts } from './hosts-file.js';

/** Whose port a URL names may be another machine's (a NodePort), unless the file says that the machine itself is meant. */
const MACHINES = ['node', 'pod', 'external'] as const;

/**
 * The hosts of a file with a URL to be asked: at the machine that has its address there, so that a vantage on it is
 * known as one, or else at a target of its own. Requests start from vantages on this host only; packets to the same port
 * go with them.
 *
 * @param place numeric address and port of the server
 */
export function withUrl(hosts: Hosts, url: URL, { address, port }: { address: string; port: number }): Hosts {
  const known = MACHINES.flatMap((kind) =>
    Object.entries(hosts.targets).filter(([, target]) => target.kind === kind && target.address === address),
  )[0];
  const [name, target] = known ?? [`port-${port}`, { kind: 'external' as const, address }];
  const vantage = 'vantage' in target ? target.vantage : undefined;
  const asked = { ...target, port, url: url.href };
  if (hosts.paths === undefined) return { ...hosts, targets: { ...hosts.targets, [name]: asked } };
  const here = Object.entries(hosts.vantages).filter(
    ([from, { transport }]) => (transport === 'local' || transport === 'netns') && from !== vantage,
  );
  const added = here
    .flatMap(([from]) => (['syn', 'http'] as const).map((probe) => ({ from, to: name, probe })))
    .filter(
      ({ from, to, probe }) =>
        !hosts.paths?.some((path) => path.from === from && path.to === to && path.probe === probe),
    );
  return { ...hosts, targets: { ...hosts.targets, [name]: asked }, paths: [...hosts.paths, ...added] };
}
