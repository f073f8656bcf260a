import { isIP } from 'node:net';
import { CodedError } from '../../model/errors.js';
import { canonicalAddress } from '../../model/ip-address.js';
import type { PlannedPath, ProbePlan } from '../../model/plan.js';
import { hasPorts } from '../../model/protocol.js';
import { SECOND } from '../../model/time.js';

/**
 * Refuses what a simulated prober refuses.
 * @throws CodedError E_PLAN, E_ADDRESS, E_TIMESTAMPS, E_RATE_LIMIT
 */
export function checkPlan(plan: ProbePlan): void {
  checkPaths(plan);
  if (plan.timestamps === 'hw')
    throw new CodedError(
      'E_TIMESTAMPS',
      'a simulation has no network card to take hardware stamps from',
      'Choose the time stamps auto, kernel or user.',
    );
  checkRate(plan);
}

/**
 * Refuses what no prober can do.
 * @throws CodedError E_PLAN, E_ADDRESS
 */
export function checkPaths(plan: ProbePlan): void {
  if (plan.paths.length === 0) throw badPlan('a plan without a path');
  for (const name of ['count', 'durationNs', 'waitNs', 'matchNs'] as const)
    if (!Number.isSafeInteger(plan[name]) || plan[name] < 0) throw badPlan(`${name} is ${plan[name]}`);
  for (const path of plan.paths) checkPath(path);
}

function checkPath(path: PlannedPath): void {
  const { name, address, protocol, port, flows, intervalNs, freshPerSecond } = path;
  if (isIP(address) === 0)
    throw new CodedError('E_ADDRESS', `${name}: ${address} is no numeric address`, 'Give an IPv4 or IPv6 address.', 2);
  if (!Number.isSafeInteger(intervalNs) || intervalNs < 1) throw badPlan(`${name}: the interval is ${intervalNs} ns`);
  if (!Number.isInteger(flows) || flows < 1 || flows > 16_384) throw badPlan(`${name}: ${flows} flows`);
  if (path.fromPorts !== undefined && path.fromPorts.length !== flows)
    throw badPlan(`${name}: ${flows} flows from ${path.fromPorts.length} ports`);
  if (path.insteadPorts !== undefined && path.insteadPorts.length !== path.fromPorts?.length)
    throw badPlan(`${name}: ${path.insteadPorts.length} ports to fall back on`);
  if (!hasPorts(protocol) && flows !== 1) throw badPlan(`${name}: ${flows} flows of ${protocol}, which has no ports`);
  if (!(freshPerSecond >= 0 && freshPerSecond <= SECOND))
    throw badPlan(`${name}: ${freshPerSecond} fresh ports a second`);
  if (hasPorts(protocol) && !(Number.isInteger(port) && Number(port) >= 1 && Number(port) <= 65_535))
    throw badPlan(`${name}: port ${port} for ${protocol}`);
}

/**
 * Refuses what only the native helper and a simulation do: source ports that are named one by one.
 * @throws CodedError E_PLAN
 */
export function checkPortsInRow(plan: ProbePlan): void {
  const path = plan.paths.find(({ fromPorts }) => fromPorts !== undefined);
  if (path !== undefined) throw badPlan(`${path.name}: this engine takes source ports in a row only`);
}

/** Packets a second that a path sends. */
export function packetsPerSecond({ protocol, intervalNs, freshPerSecond }: PlannedPath): number {
  return SECOND / intervalNs + (hasPorts(protocol) ? freshPerSecond : 0);
}

/**
 * Refuses more packets a second to one address, all paths together, than the plan allows.
 * @throws CodedError E_RATE_LIMIT
 */
export function checkRate(plan: ProbePlan): void {
  const rates = new Map<string, number>();
  for (const path of plan.paths) {
    const address = canonicalAddress(path.address);
    rates.set(address, (rates.get(address) ?? 0) + packetsPerSecond(path));
  }
  for (const [address, rate] of rates)
    if (rate > plan.maxPacketsPerSecondToTarget)
      throw new CodedError(
        'E_RATE_LIMIT',
        `${Math.round(rate)} packets/s to ${address} are more than the ${plan.maxPacketsPerSecondToTarget} allowed`,
        'Choose a longer interval or fewer paths, or raise the limit in so many words.',
        2,
      );
}

function badPlan(message: string): CodedError {
  return new CodedError('E_PLAN', message, 'Correct the plan and start again.', 2);
}
