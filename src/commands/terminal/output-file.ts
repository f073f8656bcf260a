import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { CodedError } from '../../model/errors.js';

/** Where `-o` writes. A full disk is an error at the write that met it, not at the end of the run. */
export class OutputFile {
  private constructor(
    private readonly path: string,
    private readonly stream: WriteStream,
  ) {}

  /** @throws CodedError E_OUTPUT when the file cannot be made */
  static async open(path: string): Promise<OutputFile> {
    const stream = createWriteStream(path);
    await new Promise<void>((resolve, reject) => {
      stream.once('open', () => resolve());
      stream.once('error', (cause) => reject(failed(path, cause)));
    });
    // Told at the write that met it.
    stream.on('error', () => {});
    return new OutputFile(path, stream);
  }

  async write(text: string | Uint8Array): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.stream.write(text, (cause) => (cause ? reject(failed(this.path, cause)) : resolve()));
    });
  }

  async close(): Promise<void> {
    this.stream.end();
    await finished(this.stream);
  }
}

function failed(path: string, cause: Error): CodedError {
  return new CodedError(
    'E_OUTPUT',
    `cannot write ${path}: ${cause.message}`,
    'make room, or choose another -o FILE',
    4,
  );
}
