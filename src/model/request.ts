import * as z from 'zod';

/** What a request goes through, in order; the code is the index, and `done` is behind the last. */
export const REQUEST_PHASES = ['dns', 'connect', 'tls', 'first-byte', 'body', 'done'] as const;
export type RequestPhase = (typeof REQUEST_PHASES)[number];
/** Those that take time. */
export type TimedPhase = Exclude<RequestPhase, 'done'>;
export const TIMED_PHASES = REQUEST_PHASES.slice(0, -1) as readonly TimedPhase[];

/** How the time of one request was spent. The sample of the same path and seq has its due, send and end. */
export interface RequestDetail {
  /** Phases that happened, in nanoseconds; they add up to the sample's `rttNs`. */
  readonly phases: Readonly<Partial<Record<TimedPhase, number>>>;
  /** The phase it was in when this was told, with its time so far; `done` when it was answered. */
  readonly reached: RequestPhase;
  /** Of HTTP, or the response code of DNS (0: no error); undefined where nothing was answered. */
  readonly status?: number;
  /** Of the answer's body. */
  readonly bytes: number;
  /** It went over a connection that was open already. */
  readonly reused: boolean;
  /** The far side had closed that connection in the meantime: sent again on a new one. DNS: over TCP, as UDP cut it short. */
  readonly retried: boolean;
  /** Handshake and answer have the kernel's stamps of the segments that brought them; else those of a process. */
  readonly kernelStamps?: boolean;
  /** DNS: queries sent for this one name, repetitions and search domains included. */
  readonly queries?: number;
  /** DNS: of these without an answer. */
  readonly unanswered?: number;
  /** Why it failed, as Node.js names it: `ECONNRESET`, `CERT_HAS_EXPIRED`. */
  readonly failure?: string;
}

/** What is asked on a path of protocol `http`. */
const httpRequestSchema = z.object({
  kind: z.literal('http'),
  url: z.string(),
  method: z.string(),
  headers: z.array(z.tuple([z.string(), z.string()])),
  body: z.string().exactOptional(),
  keepAlive: z.boolean().describe('connections are kept for further requests; else each request has a new one'),
  version: z.enum(['1.1', '2']),
  insecure: z.boolean().describe('certificates are not checked'),
  lookup: z.boolean().describe('the name of the URL is looked up for each new connection, and that is timed'),
});
export type HttpRequestSpec = z.infer<typeof httpRequestSchema>;

/** How a name is asked for: over UDP from a new port each time, or from one port, or over TCP. */
export const DNS_WAYS = ['udp', 'udp-fixed', 'tcp'] as const;
export type DnsWay = (typeof DNS_WAYS)[number];

/** What is asked on a path of protocol `dns`, as the system's resolver would. */
const dnsRequestSchema = z.object({
  kind: z.literal('dns'),
  names: z
    .array(z.string())
    .min(1)
    .describe('tried in turn until one exists: the name with each search domain, and the name alone'),
  types: z.array(z.enum(['A', 'AAAA'])).min(1),
  way: z.enum(DNS_WAYS),
  timeoutNs: z.int().describe('after which the resolver asks again'),
  attempts: z.int().min(1),
});
export type DnsRequestSpec = z.infer<typeof dnsRequestSchema>;

export const requestSpecSchema = z.discriminatedUnion('kind', [httpRequestSchema, dnsRequestSchema]);
export type RequestSpec = z.infer<typeof requestSpecSchema>;

/** Whether each request goes from a port of its own, as a new connection does; of one that is kept only the first does. */
export function hasOwnPort(spec: RequestSpec): boolean {
  return spec.kind === 'http' ? !spec.keepAlive : spec.way !== 'udp-fixed';
}
