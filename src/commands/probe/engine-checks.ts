import * as z from 'zod';
import { startsWithRawSockets } from '../../kernel/own-rights.js';
import { readCapabilities } from '../../kernel/prober-capabilities.js';
import { CodedError } from '../../model/errors.js';
import type { ProbePlan } from '../../model/plan.js';
import { locateHelper } from '../../transports/helper-binary.js';
import type { Transport } from '../../transports/transport.js';

const portableSchema = z.object({ works: z.boolean(), why: z.string().optional() });
const connectSchema = z.object({ icmp4: z.string().nullable(), icmp6: z.string().nullable() });

/**
 * Why the native prober cannot probe from there, in words; undefined when it can.
 * @param transport of this host: what this process may do, the prober may that it starts
 */
export async function whyNoHelper(transport: Transport): Promise<string | undefined> {
  try {
    // To ask it takes as long as to start it, and who waits for a first packet waits for both.
    if (locateHelper('rxray-prober').origin !== 'environment' && startsWithRawSockets()) return undefined;
    const { rawSocket, packetSocket } = await readCapabilities(transport);
    if (rawSocket && packetSocket) return undefined;
    return `rxray-prober may not open a ${rawSocket ? 'packet' : 'raw'} socket`;
  } catch (error) {
    if (error instanceof CodedError) return error.message;
    throw error;
  }
}

/** Why the portable engine cannot carry out a plan, in words; undefined when it can. */
export async function whyNoPortable(plan: ProbePlan, transport: Transport): Promise<string | undefined> {
  if (plan.timestamps === 'hw' || plan.timestamps === 'kernel') return 'its time stamps are those of user space';
  const { works, why } = portableSchema.parse(await checkOf(transport));
  return works ? undefined : (why ?? 'it does not work here');
}

/** The same for the connect engine. */
export async function whyNoConnect(plan: ProbePlan, transport: Transport): Promise<string | undefined> {
  if (plan.timestamps === 'hw' || plan.timestamps === 'kernel') return 'its time stamps are those of user space';
  for (const { name, protocol, interface: device, ttl } of plan.paths) {
    if (protocol === 'ack' || protocol === 'udp') return `it sends no ${protocol.toUpperCase()} probes (${name})`;
    if (device !== undefined || ttl !== undefined) return 'it can choose neither interface nor TTL';
  }
  const echoes = plan.paths.filter(({ protocol }) => protocol === 'icmp');
  if (echoes.length === 0) return undefined;
  const { icmp4, icmp6 } = connectSchema.parse(await checkOf(transport));
  const why = echoes.some(({ address }) => address.includes(':')) ? icmp6 : icmp4;
  return why === null
    ? undefined
    : `this kernel gives it no ICMP socket (${why}; see net.ipv4.ping_group_range), though it could probe a port: -p PORT`;
}

/** What an engine that is a program for Node.js says of itself. */
async function checkOf(transport: Transport): Promise<unknown> {
  const program = transport.launch('rxray-prober', ['--check']);
  program.closeInput();
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of program.output) text += decoder.decode(chunk, { stream: true });
  const { code, stderr } = await program.exited;
  if (code === 0) return JSON.parse(text);
  throw new CodedError('E_ENGINE', `an engine cannot be tried: ${stderr || `status ${code}`}`, 'run rxray doctor');
}
