import * as z from 'zod';
import type { Transport } from '../transports/transport.js';
import { askCapabilities } from './ask-capabilities.js';

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
export function readCapabilities(transport: Transport): Promise<ProberCapabilities> {
  return askCapabilities(transport, 'rxray-prober', capabilitiesSchema);
}
