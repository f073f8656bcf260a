import * as z from 'zod';
import type { NodeFiles } from './node-files.js';

const cpus = z.array(z.int()).nullable();

const interfaceSchema = z.object({
  interface: z.string(),
  driver: z.string().nullable(),
  rxQueues: z.int(),
  threadedNapi: z.boolean().nullable(),
  queues: z.array(
    z.object({
      queue: z.int(),
      rpsCpus: cpus,
      irq: z.int().nullable(),
      irqCpus: cpus,
      thread: z.int().nullable(),
      threadCpus: cpus,
    }),
  ),
  deviceIrqCpus: cpus,
  offloads: z.object({ txChecksum: z.boolean().nullable().optional() }).optional(),
  /** Of its driver, those that tell of packets not taken or held back. */
  counters: z.record(z.string(), z.number()).optional(),
  rss: z.object({ indirection: z.array(z.int()).nullable() }).nullable(),
});

/** How an interface spreads what it receives, as the prober tells it. */
export type InterfaceQueues = z.infer<typeof interfaceSchema>;

const ALL = '/sys/class/net/*';
const WITH_DEVICE = '/sys/class/net/*/device';
const MOST = 32;

/** Orders to learn of the interfaces that packets of other machines come in by. */
export function interfaceOrders(known: NodeFiles): string[] {
  return [`list ${ALL}`, `list ${WITH_DEVICE}`, ...receiving(known).map((name) => `interface ${name}`)];
}

/** @param names of these; default all that packets of other machines come in by */
export function interfaceQueues(files: NodeFiles, names: readonly string[] = receiving(files)): InterfaceQueues[] {
  return names.flatMap((name) => {
    const parsed = interfaceSchema.safeParse(document(files.interfaces.get(name)));
    return parsed.success ? [parsed.data] : [];
  });
}

/** A document that is cut short, as that of a card with very many queues, is none. */
function document(json: string | undefined): unknown {
  try {
    return json === undefined ? undefined : JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Cards; where there are none, as in a container, whatever is there but loopback. */
function receiving(files: NodeFiles): string[] {
  const named = (form: RegExp): string[] => files.paths(form).map((path) => path.split('/')[4] ?? '');
  const cards = named(/^\/sys\/class\/net\/[^/]+\/device$/);
  const all = named(/^\/sys\/class\/net\/[^/]+$/).filter((name) => name !== 'lo' && name !== 'bonding_masters');
  return [...new Set(cards.length > 0 ? cards : all)].slice(0, MOST);
}

/** Counters of drivers for packets that a card could not store. */
export const RING_OVERRUNS = /missed|no_?buf|no_dma|overrun|over_err|fifo|out_of_buffer|rx_discard/i;

/** Said where no interface was found at all. */
export const NO_INTERFACE = 'no network interface but loopback can be told of';
