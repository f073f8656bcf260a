import { FrameDecoder } from '../../src/codec/frame-decoder.js';
import { CodedError } from '../../src/model/errors.js';
import { type FramesPiece, type Piece, RecordingReader } from '../../src/recording/recording-reader.js';

export interface Read {
  readonly pieces: readonly Piece[];
  readonly samples: number;
  /** What ended it early. */
  readonly error?: CodedError;
}

/** Reads one file to its end, or to where it is damaged. */
export async function readRecording(file: string): Promise<Read> {
  const pieces: Piece[] = [];
  let error: CodedError | undefined;
  try {
    for await (const batch of new RecordingReader(file, { timed: true }).pieces()) pieces.push(...batch.map(kept));
  } catch (cause) {
    if (!(cause instanceof CodedError)) throw cause;
    error = cause;
  }
  const decoder = new FrameDecoder({ checked: true });
  let samples = 0;
  for (const piece of pieces.filter((one): one is FramesPiece => one.kind === 'frames')) {
    for (const event of decoder.push(piece.frames)) if (event.kind === 'samples') samples += event.samples.length;
  }
  return { pieces, samples, ...(error === undefined ? {} : { error }) };
}

/** Frames are good until further pieces are asked for. */
function kept(piece: Piece): Piece {
  return piece.kind === 'frames' ? { ...piece, frames: piece.frames.slice() } : piece;
}
