import type { Io } from '../../src/commands/terminal/io.js';
import { printableLines } from '../../src/format/printable.js';

/** The world of a command in a test: what was printed is kept. */
export interface FakeIo {
  readonly io: Io;
  out(): string;
  /** Diagnostics, and what was drawn between them. */
  err(): string;
}

export interface FakeTerminals {
  readonly outIsTerminal?: boolean;
  readonly errIsTerminal?: boolean;
  readonly stop?: AbortSignal;
}

export function fakeIo({ outIsTerminal = false, errIsTerminal = false, stop }: FakeTerminals = {}): FakeIo {
  const kept = { out: '', err: '' };
  const keep = (key: keyof typeof kept, text: string): undefined => {
    kept[key] += text;
    return undefined;
  };
  const io: Io = {
    out: (text) => keep('out', printableLines(text)),
    outPage: (text) => keep('out', printableLines(text)),
    err: (text) => keep('err', printableLines(text)),
    draw: (sequence) => keep('err', sequence),
    outIsTerminal,
    errIsTerminal,
    columns: 100,
    stop: stop ?? new AbortController().signal,
    onSnapshot: () => () => {},
    onHangUp: () => {},
    interrupt: () => {},
  };
  return { io, out: () => kept.out, err: () => kept.err };
}
