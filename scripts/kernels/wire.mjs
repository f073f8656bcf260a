// The wire between the cards of a guest: taps on a bridge, in a network namespace of its own that has no address.
import { execFileSync } from 'node:child_process';

/**
 * @param queues number of queues of each tap; one that has several is made for a card with so many
 * @returns the namespace, names of the taps, and `remove`
 */
export function makeWire(name, queues) {
  const namespace = `rxray-wire-${name}`;
  const ip = (...words) => execFileSync('ip', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const remove = () => ip('netns', 'del', namespace);
  ip('netns', 'add', namespace);
  try {
    execFileSync('ip', ['netns', 'exec', namespace, 'sysctl', '-q', '-w', 'net.ipv6.conf.default.disable_ipv6=1']);
    ip('-n', namespace, 'link', 'add', 'wire', 'type', 'bridge', 'stp_state', '0');
    ip('-n', namespace, 'link', 'set', 'wire', 'up');
    const taps = queues.map((count, index) => {
      const tap = `tap${index}`;
      const several = count > 1 ? ['multi_queue'] : [];
      ip('-n', namespace, 'tuntap', 'add', 'dev', tap, 'mode', 'tap', ...several);
      ip('-n', namespace, 'link', 'set', tap, 'master', 'wire', 'up');
      return tap;
    });
    return { namespace, taps, remove };
  } catch (error) {
    remove();
    throw error;
  }
}
