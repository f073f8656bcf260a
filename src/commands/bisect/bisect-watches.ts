import type { Watcher } from '../../engines/watcher.js';
import type { Hosts } from '../../hosts/hosts-file.js';
import { Machines } from '../../hosts/machines.js';
import type { HostsPath } from '../../hosts/measured-paths.js';
import { isOverlay, type Overlay } from '../../model/overlay.js';
import { MachineWatch, type WatchedPath } from './machine-watch.js';
import type { VantageRun } from './vantage-run.js';

export interface BisectWatchesOptions {
  readonly hosts: Hosts;
  readonly paths: readonly HostsPath[];
  readonly vantages: readonly VantageRun[];
  readonly secret: string;
  readonly durationNs: number;
  readonly cpu: 'auto' | 'none' | number;
  readonly epochRealNs: bigint;
  /** A watcher on a machine, by way of the vantage that sits on it. */
  watcher(machine: string, vantage: string): Watcher;
}

/** A watch on each probed machine that a running vantage sits on: no further access is needed for it. */
export function machineWatches(options: BisectWatchesOptions): MachineWatch[] {
  const machines = new Machines(options.hosts);
  return options.vantages.flatMap((vantage) => {
    const machine = machines.ofVantage(vantage.name);
    const network = vantage.hello?.paths[0]?.interface;
    if (!machines.isProbed(machine) || vantage.state !== 'running' || network === undefined) return [];
    const arriving = arrivingAt(machine, machines, options);
    if (arriving.length === 0) return [];
    return [
      new MachineWatch(
        {
          machine,
          watcher: options.watcher(machine, vantage.name),
          interface: network,
          secret: options.secret,
          durationNs: options.durationNs,
          cpu: options.cpu,
          epochRealNs: options.epochRealNs,
          clockOffsetNs: vantage.clockOffsetNs,
        },
        arriving,
      ),
    ];
  });
}

/** The paths of other vantages whose probes come in at a machine first. */
function arrivingAt(machine: string, machines: Machines, { paths, vantages }: BisectWatchesOptions): WatchedPath[] {
  return vantages
    .filter((vantage) => vantage.state === 'running')
    .flatMap((vantage) =>
      vantage.paths.flatMap((path, own) =>
        machines.entrance(path.measured.target) === machine && isSeenArriving(path)
          ? [
              {
                vantage,
                own,
                number: paths.indexOf(path),
                name: path.measured.name,
                tunnelled: overlayAt(path) !== undefined,
              },
            ]
          : [],
      ),
    );
}

/** The tunnel that packets to a pod come in by. To a NodePort they come without one. */
function overlayAt({ measured }: HostsPath): Overlay | undefined {
  return measured.targetKind === 'pod' ? measured.out.map(({ kind }) => kind).find(isOverlay) : undefined;
}

/** The helper finds its packets inside IPIP. In other tunnels it would take all of them for lost on the way. */
function isSeenArriving(path: HostsPath): boolean {
  const overlay = overlayAt(path);
  return overlay === undefined || overlay === 'ipip';
}
