import { existsSync } from 'node:fs';
import { command, tryCommand } from '../../src/lab/command.js';
import { owing } from './owed.js';

/** Makes network namespaces with nothing but loopback, and removes them afterwards; leftovers of a killed bench go first. */
export async function withNamespaces<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
  const remove = (): void => {
    for (const name of names) {
      if (existsSync(`/run/netns/${name}`)) tryCommand(['ip', 'netns', 'del', name]);
    }
  };
  remove();
  return owing(remove, async () => {
    for (const name of names) {
      command(['ip', 'netns', 'add', name]);
      command(['ip', '-n', name, 'link', 'set', 'lo', 'up']);
    }
    return work();
  });
}
