import { CodedError } from '../model/errors.js';
import type { Transport } from '../transports/transport.js';

/**
 * Runs the prober for one answer in JSON.
 *
 * @throws CodedError E_HELPER when it cannot be started or answers something else
 */
export async function askHelper(transport: Transport, args: readonly string[]): Promise<unknown> {
  const helper = transport.launch('rxray-prober', args);
  helper.closeInput();
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of helper.output) text += decoder.decode(chunk, { stream: true });
  const exit = await helper.exited;
  try {
    return JSON.parse(text);
  } catch {
    const why = exit.stderr === '' ? `status ${exit.code}` : exit.stderr;
    throw new CodedError(
      'E_HELPER',
      `the prober on ${transport.place} does not answer ${args[0]} (${why})`,
      'run npm run build',
      4,
    );
  }
}
