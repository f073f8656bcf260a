/** How results are printed; `json` is one document at the end. */
export const REPORT_FORMATS = ['text', 'json', 'ndjson', 'hping', 'csv'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];
