import { existsSync } from 'node:fs';
import { CodedError } from '../../model/errors.js';

/**
 * The words that lead a command into a named network namespace of this host. Needs root, as entering one does.
 * @throws CodedError E_NETNS where there is none of that name
 */
export function intoNamespace(name: string): string[] {
  if (!existsSync(`/run/netns/${name}`)) {
    throw new CodedError(
      'E_NETNS',
      `there is no network namespace ${name}`,
      'see ip netns list, or run rxray lab up',
      4,
    );
  }
  return ['ip', 'netns', 'exec', name];
}
