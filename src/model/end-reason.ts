/** Why a stream ended; `cut-off` means it stopped without saying so. */
export const END_REASONS = ['complete', 'stdin-closed', 'signal', 'error', 'cut-off'] as const;
export type EndReason = (typeof END_REASONS)[number];
