import * as z from 'zod';
import type { HostCheck } from '../model/host-check.js';
import type { Transport } from '../transports/transport.js';
import { askCapabilities } from './ask-capabilities.js';

const hooksSchema = z.looseObject({
  flavour: z.enum(['tp_btf', 'raw_tp']),
  /** Of `syscalls`: whether the kernel has what the flight recorder takes. */
  flightRecorder: z.boolean().optional(),
  hooks: z.array(z.object({ tracepoint: z.string(), got: z.boolean() })),
});
const capabilitiesSchema = z.object({
  helper: z.string(),
  version: z.string(),
  btf: z.boolean(),
  questions: z.array(
    z.discriminatedUnion('works', [
      z.object({
        question: z.string(),
        works: z.literal(true),
        got: hooksSchema,
        /** Of `syscalls`: whether long calls can be found without a hook on every call. */
        sparing: z.boolean().optional(),
      }),
      z.object({
        question: z.string(),
        works: z.literal(false),
        code: z.string(),
        message: z.string(),
        remedy: z.string(),
      }),
    ]),
  ),
});

/** What the tracer can answer on a host, as it found out by trying. */
export type TracerCapabilities = z.infer<typeof capabilitiesSchema>;

/** @throws CodedError E_HELPER when it cannot be started or answers something else */
export function readTracerCapabilities(transport: Transport): Promise<TracerCapabilities> {
  return askCapabilities(transport, 'rxray-tracer', capabilitiesSchema);
}

/** The same as checks, one a question. */
export function tracerChecks({ questions }: TracerCapabilities): HostCheck[] {
  return questions.map((told): HostCheck => {
    const about = { area: 'trace', what: `trace ${told.question}` } as const;
    if (!told.works) return { ...about, state: 'limited', detail: told.message, remedy: told.remedy };
    const { flavour, hooks } = told.got;
    const missing = hooks.filter(({ got }) => !got).map(({ tracepoint }) => tracepoint);
    if (told.sparing === false) {
      return {
        ...about,
        state: 'limited',
        detail: 'works with --exact only: this kernel refuses the programs that find long calls without a hook on each',
        remedy: 'add --exact',
      };
    }
    if (told.got.flightRecorder === false) {
      return {
        ...about,
        state: 'limited',
        detail: 'works without --flight-recorder: this kernel lacks the BPF instructions that it takes',
        remedy: 'a newer kernel has them (Linux 5.12)',
      };
    }
    if (missing.length === 0) return { ...about, state: 'works', detail: `${hooks.length} tracepoints, by ${flavour}` };
    return {
      ...about,
      state: 'limited',
      detail: `this kernel has no ${missing.join(', ')}: what those tell is left out`,
      remedy: 'a newer kernel has them',
    };
  });
}
