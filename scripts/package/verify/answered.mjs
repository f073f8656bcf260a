/** What a probe prints whose probes were all answered. On a busy machine a slot or two of them are missed. */
export const ANSWERED = /\b([1-9]\d*) packets transmitted, \1 received, 0% packet loss/;

/** The same, by the helper that rxray chose by itself. */
export const BY_HELPER = [/engine helper: the native prober may send/, ANSWERED];
