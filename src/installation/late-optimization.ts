import { setFlagsFromString } from 'node:v8';

/**
 * How many bytes of bytecode a function runs before it is optimised. Most runs last seconds, of which V8's own value of
 * Node.js 20 (66 KiB) spends a seventh on compiling what hardly runs any more; what runs for long is compiled all the
 * same, some milliseconds later. Later versions have a compiler in between, and no such flag.
 */
if (process.versions.node.startsWith('20.')) setFlagsFromString('--interrupt-budget=1000000');
