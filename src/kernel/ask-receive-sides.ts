import { receiveSideSchema } from '../codec/receive-side.js';
import type { ReceiveSide } from '../model/receive-side.js';
import type { NodeReader } from './node-reader.js';

/** How some interfaces of a machine receive, by name; without those that it says nothing of. */
export async function askReceiveSides(
  reader: NodeReader,
  interfaces: readonly string[],
): Promise<ReadonlyMap<string, ReceiveSide>> {
  const answers = await reader.ask(interfaces.map((name) => `interface ${name}`));
  return new Map(
    answers.flatMap((answer) => {
      if (answer.kind !== 'interface') return [];
      const told = receiveSideSchema.safeParse(JSON.parse(answer.json));
      return told.success ? [[answer.path, told.data] as const] : [];
    }),
  );
}
