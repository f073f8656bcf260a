import * as z from 'zod';
import { ownFile } from './own-file.js';

const hash = z.string().regex(/^[0-9a-f]{64}$/);

const buildInfoSchema = z.object({
  /** `git rev-parse HEAD`, with `-dirty` where tracked files differed; absent where there was no git. */
  commit: z.string().optional(),
  /** The time of that commit, ISO 8601. */
  date: z.string().optional(),
  /** `checkout`, or the kind of package. */
  kind: z.enum(['checkout', 'npm', 'single-file']),
  /** SHA-256 of the helpers that belong to it, by platform (`linux-x64`) and name. */
  helpers: z.record(z.string(), z.record(z.string(), hash)),
});

/** What the build wrote down about itself. */
export type BuildInfo = z.infer<typeof buildInfoSchema>;

/** Where the build writes it, in the package. */
const BUILD_INFO_FILE = 'dist/build.json';

let read: BuildInfo | undefined;

/** What is known of this build; nothing but its kind where the build was not done by its own command. */
export function buildInfo(): BuildInfo {
  read ??= readBuildInfo();
  return read;
}

function readBuildInfo(): BuildInfo {
  let text: string;
  try {
    text = ownFile(BUILD_INFO_FILE).toString('utf8');
  } catch {
    return { kind: 'checkout', helpers: {} };
  }
  return buildInfoSchema.parse(JSON.parse(text));
}
