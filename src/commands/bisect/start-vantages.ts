import type { HostsPath } from '../../hosts/measured-paths.js';
import { judgingOf } from '../../model/judging.js';
import { present } from '../../model/present.js';
import type { RunsAs } from '../../transports/transport.js';
import type { BisectOptions } from './bisect-options.js';
import type { BisectSources } from './bisect-sources.js';
import { portShares } from './port-shares.js';
import { VantageRun } from './vantage-run.js';

const RUNS_AS: Readonly<Record<RunsAs, string>> = {
  root: 'helpers run there as root',
  sudo: 'helpers run there by sudo',
  user: 'helpers run there without root, as sudo asks for a password: they may lack the right to probe',
};

export interface StartVantagesOptions {
  readonly options: BisectOptions;
  /** By vantage; where they were not shared out yet they are now. */
  readonly sourcePorts?: ReadonlyMap<string, readonly [number, number]> | undefined;
  readonly sources: BisectSources;
  /** What keys are derived from. */
  readonly secret: string;
  readonly tell: (message: string) => void;
  /** How far the clock of a vantage may be off the common time line. */
  readonly onClock: (vantage: string, uncertaintyNs: number) => void;
}

/** The vantages of these paths, reached and ready to run, each with source ports of its own. */
export function startVantages(
  paths: readonly HostsPath[],
  { options, sourcePorts, sources, secret, tell, onClock }: StartVantagesOptions,
): Promise<VantageRun[]> {
  const byVantage = new Map<string, HostsPath[]>();
  for (const path of paths) {
    const { vantage } = path.measured;
    byVantage.set(vantage, [...(byVantage.get(vantage) ?? []), path]);
  }
  const shares = portShares([...byVantage.values()].map((own) => own.map(({ planned }) => planned)));
  return Promise.all(
    [...byVantage].map(async ([name, own], index) => {
      const { engine, clock, runsAs } = await sources.vantage(name);
      if (runsAs !== undefined) tell(`${name}: ${RUNS_AS[runsAs]}`);
      onClock(name, clock.uncertaintyNs);
      return new VantageRun(name, engine, own, {
        thresholdNs: options.thresholdNs,
        ...judgingOf({}, options),
        durationNs: options.durationNs,
        cpu: options.cpu,
        epochRealNs: sources.epochRealNs,
        secret,
        clockOffsetNs: clock.offsetNs,
        sourcePorts: sourcePorts === undefined ? shares[index] : sourcePorts.get(name),
        ...present({ version: sources.version }),
      });
    }),
  );
}
