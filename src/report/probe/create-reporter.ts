import type { ReportFormat } from '../../model/report-format.js';
import { createCsvReporter } from './csv-reporter.js';
import { createHdrplotReporter } from './hdrplot-reporter.js';
import { createHpingReporter } from './hping-reporter.js';
import { createJsonReporter } from './json-reporter.js';
import { createNdjsonReporter } from './ndjson-reporter.js';
import type { Reporter } from './reporter.js';
import { createTextReporter, type TextOptions } from './text-reporter.js';
import { createVegetaReporter } from './vegeta-reporter.js';

export function createReporter(format: ReportFormat, text: TextOptions): Reporter {
  switch (format) {
    case 'text':
      return createTextReporter(text);
    case 'json':
      return createJsonReporter();
    case 'ndjson':
      return createNdjsonReporter();
    case 'hping':
      return createHpingReporter();
    case 'csv':
      return createCsvReporter();
    case 'vegeta':
      return createVegetaReporter();
    case 'hdrplot':
      return createHdrplotReporter();
  }
}
