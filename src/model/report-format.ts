/**
 * How results are printed; `json` is one document at the end. `vegeta` and `hdrplot` are of requests: the results that
 * `vegeta report` and `vegeta plot` read, and the percentiles that hdr-plot and HdrHistogram's plotter read.
 */
export const REPORT_FORMATS = ['text', 'json', 'ndjson', 'hping', 'csv', 'vegeta', 'hdrplot'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** Of a report: `html` is one page that needs no network. */
export const PAGE_FORMATS = ['html', 'md', 'json'] as const;
export type PageFormat = (typeof PAGE_FORMATS)[number];

/** What the samples of a recording can be written as. */
export const EXPORT_FORMATS = ['parquet', 'csv', 'ndjson', 'pcapng'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];
