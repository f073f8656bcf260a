import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the young generation of the heap at its first size. An agent makes many short-lived objects and keeps few: left
 * alone, V8 lets that part grow to 32 MB and more, for a process that lives for months beside others. The limit itself
 * can only be given when Node.js starts; that it does not grow can be said later.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
