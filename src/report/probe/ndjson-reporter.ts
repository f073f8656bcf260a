import type { RunRecord } from '../../model/records/run.js';
import type { Reporter } from './reporter.js';
import { toSampleRecord } from './sample-record.js';

/** One object a line: run, samples and findings as they come, quality and summaries at the end. */
export function createNdjsonReporter(): Reporter {
  let pathNames: string[] = [];
  return {
    start: (run: RunRecord) => {
      pathNames = run.paths.map((path) => path.path);
      return line(run);
    },
    path: (path) => {
      pathNames.push(path.path);
      return line(path);
    },
    samples: (samples) => {
      let out = '';
      for (let index = 0; index < samples.length; index += 1) out += line(toSampleRecord(samples, index, pathNames));
      return out;
    },
    finding: line,
    outage: line,
    arrivals: line,
    end: ({ summaries, quality }) => [quality, ...summaries].map(line).join(''),
  };
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
