import { PORT_BLOCK } from '../model/plan.js';
import { NodeFiles } from './node-files.js';
import type { NodeReader } from './node-reader.js';

const SOCKETS = ['/proc/net/tcp', '/proc/net/tcp6'];
const NAMES = '/proc/net/unix';
/** Probers claim ports by names of blocks (native/prober/send/port_hold.c). */
const CLAIMED = / @rxray-ports-(\d+)$/gm;
const LOCAL_PORT = /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) /gm;

/** TCP ports of a network namespace that a prober started there now would not get. */
export async function askTakenPorts(reader: NodeReader): Promise<ReadonlySet<number>> {
  const files = new NodeFiles(await reader.ask([...SOCKETS, NAMES].map((path) => `read ${path}`)));
  const text = (path: string): string => {
    const reading = files.text(path);
    return reading.kind === 'text' ? reading.text : '';
  };
  return takenPorts(SOCKETS.map(text), text(NAMES));
}

/**
 * @param sockets `/proc/net/tcp` and `tcp6`
 * @param names `/proc/net/unix`
 */
export function takenPorts(sockets: readonly string[], names: string): ReadonlySet<number> {
  const bound = sockets.flatMap((text) =>
    [...text.matchAll(LOCAL_PORT)].map(([, port]) => Number.parseInt(port ?? '', 16)),
  );
  const claimed = [...names.matchAll(CLAIMED)].flatMap(([, first]) =>
    Array.from({ length: PORT_BLOCK }, (_, i) => Number(first) + i),
  );
  return new Set([...bound, ...claimed]);
}
