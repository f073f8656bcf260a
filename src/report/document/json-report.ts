import type { ReportDocument } from './report-document.js';

/** The report as one JSON document: all but the points of the plots, which stand in the recording. */
export function jsonReport(document: ReportDocument): string {
  const { plots, epochNs, findings, incidents, ...rest } = document;
  const told = {
    type: 'report',
    schema: 1,
    epochNs,
    ...rest,
    incidents: incidents.shown,
    incidentsLeftOut: incidents.leftOut,
    findings: findings.shown,
    findingsLeftOut: findings.leftOut,
    plots: plots.map(({ path, samples, bucketNs, points }) => ({
      path,
      samples,
      drawn: points.sentNs.length,
      bucketNs,
    })),
  };
  return `${JSON.stringify(told, null, 2)}\n`;
}
