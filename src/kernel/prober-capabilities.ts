import { z } from 'zod';
import { CodedError } from '../model/errors.js';
import type { Transport } from '../transports/transport.js';
import { askHelper } from './ask-helper.js';

const capabilitiesSchema = z.object({
  helper: z.string(),
  version: z.string(),
  rawSocket: z.boolean(),
  packetSocket: z.boolean(),
  schedFifo: z.boolean(),
  mlock: z.boolean(),
  interfaces: z.array(
    z.object({
      name: z.string(),
      softwareTransmit: z.boolean(),
      softwareReceive: z.boolean(),
      hardware: z.boolean(),
      hardwareEnabled: z.boolean(),
      rxQueues: z.int(),
    }),
  ),
});

/** What the prober can do on a host, as it says itself. */
export type ProberCapabilities = z.infer<typeof capabilitiesSchema>;

/** @throws CodedError E_HELPER when it cannot be started or answers something else */
export async function readCapabilities(transport: Transport): Promise<ProberCapabilities> {
  const told = capabilitiesSchema.safeParse(await askHelper(transport, ['--capabilities']));
  if (told.success) return told.data;
  throw new CodedError(
    'E_HELPER',
    `the prober on ${transport.place} does not say what it can do`,
    'run npm run build',
    4,
  );
}
