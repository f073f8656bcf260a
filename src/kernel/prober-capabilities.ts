import { z } from 'zod';
import { CodedError } from '../model/errors.js';
import type { Transport } from '../transports/transport.js';

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
  const helper = transport.launch('rxray-prober', ['--capabilities']);
  helper.closeInput();
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of helper.output) text += decoder.decode(chunk, { stream: true });
  const exit = await helper.exited;
  try {
    return capabilitiesSchema.parse(JSON.parse(text));
  } catch {
    const why = exit.stderr === '' ? `status ${exit.code}` : exit.stderr;
    throw new CodedError(
      'E_HELPER',
      `the prober on ${transport.place} does not say what it can do (${why})`,
      'run rxray doctor',
      4,
    );
  }
}
