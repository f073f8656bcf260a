import { partsOf } from '../../recording/part-names.js';
import type { UsedFile } from '../terminal/check-output.js';

/** The files of a recording that is read, by the name that was given for it: nothing may be written over them. */
export function recordedFiles(file: string): UsedFile[] {
  return [file, ...partsOf(file)].map((path) => ({ path, what: 'the recording that is read' }));
}
