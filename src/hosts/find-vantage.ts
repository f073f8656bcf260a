import { CodedError } from '../model/errors.js';
import type { Vantage } from '../model/vantage.js';
import type { Hosts } from './hosts-file.js';

/**
 * A vantage by its name.
 *
 * @param file where it is looked for, for the message
 * @throws CodedError E_HOSTS when there is none of that name
 */
export function vantageNamed(name: string, { vantages }: Pick<Hosts, 'vantages'>, file: string): Vantage {
  const vantage = Object.hasOwn(vantages, name) ? vantages[name] : undefined;
  if (vantage !== undefined) return vantage;
  const known = Object.keys(vantages);
  const remedy = known.length === 0 ? 'add vantages: { here: { transport: local } }' : `it has: ${known.join(', ')}`;
  throw new CodedError('E_HOSTS', `${file} names no vantage ${name}`, remedy, 2);
}

/** @throws CodedError E_HOSTS when the file names no vantage at all */
export function requireVantages({ vantages }: Pick<Hosts, 'vantages'>, file: string): void {
  if (Object.keys(vantages).length > 0) return;
  throw new CodedError('E_HOSTS', `${file} names no vantages`, 'add vantages: { here: { transport: local } }', 2);
}
