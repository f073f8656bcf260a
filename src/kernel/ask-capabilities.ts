import type * as z from 'zod';
import { CodedError } from '../model/errors.js';
import type { Transport } from '../transports/transport.js';

/**
 * What a helper says that it can do on a host.
 * @throws CodedError E_HELPER when it cannot be started or answers something else
 */
export async function askCapabilities<T>(
  transport: Transport,
  program: 'rxray-prober' | 'rxray-tracer',
  schema: z.ZodType<T>,
): Promise<T> {
  const helper = transport.launch(program, ['--capabilities']);
  helper.closeInput();
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of helper.output) text += decoder.decode(chunk, { stream: true });
  const exit = await helper.exited;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    const why = exit.stderr === '' ? `status ${exit.code}` : exit.stderr;
    const message = `the ${program.replace('rxray-', '')} on ${transport.place} does not say what it can do (${why})`;
    throw new CodedError('E_HELPER', message, 'run rxray doctor', 4);
  }
}
