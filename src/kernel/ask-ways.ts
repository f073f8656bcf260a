import * as z from 'zod';
import type { NodeReader } from './node-reader.js';

const waySchema = z.object({ interface: z.string(), source: z.string() }).nullable();

/** How a machine sends to an address, as its routing table says. */
export type Way = NonNullable<z.infer<typeof waySchema>>;

/**
 * Asks for the ways to some addresses; nothing is sent there.
 *
 * @returns by address; none where there is no way
 */
export async function askWays(reader: NodeReader, addresses: readonly string[]): Promise<ReadonlyMap<string, Way>> {
  const answers = await reader.ask(addresses.map((address) => `route ${address}`));
  return new Map(
    answers.flatMap((answer) => {
      if (answer.kind !== 'route') return [];
      const way = waySchema.safeParse(JSON.parse(answer.json)).data;
      return way ? [[answer.path, way] as const] : [];
    }),
  );
}
