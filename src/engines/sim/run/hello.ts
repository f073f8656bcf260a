import type { EngineEvent } from '../../../model/engine-event.js';
import type { ProbePlan } from '../../../model/plan.js';
import { present } from '../../../model/present.js';
import { packetsPerSecond } from '../../slots/plan-check.js';
import { hashText, hashWords } from '../faults/chance.js';
import type { Scenario, Vantage } from '../scenario/scenario.js';
import type { ProbedPath } from '../world/probed-path.js';

/** CLOCK_REALTIME at the start of a scenario that does not say: a fixed day, so that runs repeat to the bit. */
const EPOCH_REAL_NS = 1_795_310_073_411_234_000n;
const EPOCH_MONO_NS = 86_400_000_000_000n;
/** How long connection tracking keeps a connection that was only begun. */
const CONNTRACK_SECONDS = 120;

/** The start of a stream. The real-time epoch has the error of the vantage's clock; the monotonic one has none. */
export function startOf(
  scenario: Scenario,
  name: string,
  vantage: Vantage,
  epochRealNs: bigint = EPOCH_REAL_NS,
): EngineEvent {
  const startsAtNs = BigInt(vantage.startsAtNs);
  const streamId = (BigInt(hashText(scenario.seed, name)) << 32n) | BigInt(hashWords(scenario.seed, 0x57));
  return {
    kind: 'start',
    epochRealNs: epochRealNs + startsAtNs + BigInt(vantage.clock.offsetNs),
    epochMonoNs: EPOCH_MONO_NS + startsAtNs,
    streamId,
  };
}

export function helloOf(
  scenario: Scenario,
  name: string,
  vantage: Vantage,
  plan: ProbePlan,
  paths: readonly ProbedPath[],
): EngineEvent {
  const source = scenario.machines[vantage.machine]?.address ?? '';
  const fresh = paths.reduce((sum, { plan, sourcePorts }) => sum + (sourcePorts ? plan.freshPerSecond : 0), 0);
  const flows = paths.reduce((sum, { plan }) => sum + plan.flows, 0);
  return {
    kind: 'hello',
    hello: {
      helper: 'sim',
      version: '1',
      host: { name, kernel: 'simulated', machine: 'simulated' },
      got: {
        scheduling: plan.scheduling === 'other' ? 'other' : 'fifo',
        memoryLocked: true,
        cpu: typeof plan.cpu === 'number' ? plan.cpu : null,
        timestamps: 'sim',
        transmitVia: 'simulation',
        receiveVia: 'simulation',
      },
      paths: paths.map(({ plan, sourcePorts }, path) => ({
        path,
        interface: plan.interface ?? 'sim0',
        source: plan.source ?? source,
        sourcePorts,
        ...present({ ports: plan.fromPorts }),
      })),
      footprint: {
        packetsPerSecond: plan.paths.reduce((sum, path) => sum + packetsPerSecond(path), 0),
        conntrackEntries: flows + Math.round(fresh * CONNTRACK_SECONDS),
      },
    },
  };
}
