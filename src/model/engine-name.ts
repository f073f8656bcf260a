/** What sends probes: each name has its adapter in `engines/`, and its line in `commands/probe/choose-engine.ts`. */
export const ENGINES = ['helper', 'portable', 'connect', 'request', 'sim'] as const;
export type EngineName = (typeof ENGINES)[number];

/** Those that a user can name; requests have an engine of their own, with one of these beside it. */
export const CHOOSABLE_ENGINES = ['helper', 'portable', 'connect', 'sim'] as const satisfies readonly EngineName[];
export type ChoosableEngine = (typeof CHOOSABLE_ENGINES)[number];

/** Those that send real packets, which a bisection can rest on. */
export const SENDING_ENGINES = ['helper', 'portable', 'connect'] as const satisfies readonly EngineName[];
export type SendingEngine = (typeof SENDING_ENGINES)[number];
