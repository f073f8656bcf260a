import { z } from 'zod';
import { CodedError } from '../model/errors.js';
import type { ReceiveSide } from '../model/receive-side.js';
import type { Transport } from '../transports/transport.js';
import { askHelper } from './ask-helper.js';

const fields = z.array(z.enum(['source', 'destination', 'sourcePort', 'destinationPort'])).nullable();
const cpus = z.array(z.int()).nullable();

const interfaceSchema = z.object({
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
});

/**
 * Asks a machine for the receive queues of an interface, how the card spreads packets over them, and who serves them.
 *
 * @throws CodedError E_HELPER when the prober cannot be started there or answers something else
 */
export async function readReceiveSide(transport: Transport, name: string): Promise<ReceiveSide> {
  const told = interfaceSchema.safeParse(await askHelper(transport, ['--interface-info', name]));
  if (!told.success) {
    throw new CodedError(
      'E_HELPER',
      `the prober on ${transport.place} does not say how ${name} receives`,
      'run npm run build',
      4,
    );
  }
  const { rss, rxQueues, queues, offloads, driver } = told.data;
  return {
    interface: name,
    rxQueues,
    spreadBySoftware: queues.some(({ rpsCpus }) => (rpsCpus ?? []).length > 0),
    cpusOfQueue: queues.map(({ threadCpus, irqCpus }) => threadCpus ?? irqCpus ?? []),
    spread: spreadOf(rss, offloads.ntupleRules === true, driver ?? 'the driver'),
  };
}

function spreadOf(rss: z.infer<typeof interfaceSchema>['rss'], ruled: boolean, driver: string): ReceiveSide['spread'] {
  const unknown = (why: string): ReceiveSide['spread'] => ({ by: 'unknown', why });
  if (rss === null || rss.key === null || rss.indirection === null || rss.indirection.length === 0) {
    return unknown(`${driver} tells no key: a software hash, whose key is secret`);
  }
  if (rss.function !== 'toeplitz') return unknown(`${driver} hashes by another function than Toeplitz`);
  if (ruled) return unknown('rules of the card may steer single flows past the hash');
  const key = [...Buffer.from(rss.key, 'hex')];
  if (!key.some((byte) => byte !== 0)) return unknown(`${driver} hides its key`);
  const ports = (family: 'tcp4' | 'tcp6'): boolean => (rss.fields[family] ?? []).includes('sourcePort');
  return { by: 'toeplitz', key, table: rss.indirection, ports: { ipv4: ports('tcp4'), ipv6: ports('tcp6') } };
}
