import * as z from 'zod';
import type { ReceiveSide } from '../model/receive-side.js';

const fields = z.array(z.enum(['source', 'destination', 'sourcePort', 'destinationPort'])).nullable();
const cpus = z.array(z.int()).nullable();

/** What a watcher says of the interface it watches. */
export const receiveSideSchema = z
  .object({
    interface: z.string(),
    driver: z.string().nullable(),
    rxQueues: z.int(),
    offloads: z.object({ ntupleRules: z.boolean().nullable() }),
    queues: z.array(z.object({ queue: z.int(), rpsCpus: cpus, irqCpus: cpus, threadCpus: cpus })),
    rss: z
      .object({
        function: z.string().nullable(),
        key: z.string().nullable(),
        indirection: z.array(z.int()).nullable(),
        fields: z.object({ tcp4: fields, tcp6: fields }),
      })
      .nullable(),
  })
  .transform(
    (told): ReceiveSide => ({
      interface: told.interface,
      rxQueues: told.rxQueues,
      spreadBySoftware: told.queues.some(({ rpsCpus }) => (rpsCpus ?? []).length > 0),
      cpusOfQueue: told.queues.map(({ threadCpus, irqCpus }) => threadCpus ?? irqCpus ?? []),
      spread: spreadOf(told.rss, told.offloads.ntupleRules === true, told.driver ?? 'the driver'),
    }),
  );

interface Rss {
  readonly function: string | null;
  readonly key: string | null;
  readonly indirection: readonly number[] | null;
  readonly fields: Readonly<Record<'tcp4' | 'tcp6', readonly string[] | null>>;
}

/** Of two addresses of IPv6 and two ports, and four more: less than that hashes not all of them. */
const KEY_BYTES = 40;

function spreadOf(rss: Rss | null, ruled: boolean, driver: string): ReceiveSide['spread'] {
  const unknown = (why: string): ReceiveSide['spread'] => ({ by: 'unknown', why });
  if (rss === null || rss.key === null || rss.indirection === null || rss.indirection.length === 0) {
    return unknown(`${driver} tells no key: a software hash, whose key is secret`);
  }
  if (rss.function !== 'toeplitz') return unknown(`${driver} hashes by another function than Toeplitz`);
  if (ruled) return unknown('rules of the card may steer single flows past the hash');
  const key = [...Buffer.from(rss.key, 'hex')];
  if (!key.some((byte) => byte !== 0)) return unknown(`${driver} hides its key`);
  if (key.length < KEY_BYTES) return unknown(`${driver} tells a key of ${key.length} bytes, which is none`);
  const ports = (family: 'tcp4' | 'tcp6'): boolean => (rss.fields[family] ?? []).includes('sourcePort');
  return { by: 'toeplitz', key, table: rss.indirection, ports: { ipv4: ports('tcp4'), ipv6: ports('tcp6') } };
}
