import { FRESH_FLOW } from '../../model/sample.js';
import type { ReportDocument } from '../document/report-document.js';
import { PointKinds, type SamplePoints } from '../document/sample-points.js';
import type { PageData, PageFinding, PageMark, PagePoints } from './page-data.js';

const DAY_MS = 86_400_000;
const LEAST_UNIT_NS = 1_000;

/** @param offsetMinutes of the wall-clock time shown from UTC */
export function pageData(document: ReportDocument, zone: string, offsetMinutes: number): PageData {
  const spanNs = Math.max(1, document.toNs - document.fromNs);
  const timeUnitNs = Math.max(LEAST_UNIT_NS, Math.ceil(spanNs / (2 ** 32 - 1)));
  const numberOf = new Map(document.plots.map(({ path }, index) => [path, index]));
  const findings = document.findings.shown.flatMap((finding) => {
    const path = numberOf.get(finding.path);
    if (path === undefined) return [];
    const { kind, release, selfInflicted } = finding;
    // Where a stall began is known to an interval: its first held probe was under way then for certain.
    return [{ path, kind, selfInflicted, startNs: finding.startMax, releaseNs: release }];
  });
  const incidents = document.incidents.shown.map((one) => ({ startNs: one.startMax, releaseNs: one.release }));
  const localMs = Number((BigInt(document.epochNs) / 1_000n) % 86_400_000_000n) / 1_000 + offsetMinutes * 60_000;
  return {
    epochOfDayMs: ((localMs % DAY_MS) + DAY_MS) % DAY_MS,
    zone,
    fromNs: document.fromNs,
    toNs: document.toNs,
    timeUnitNs,
    thresholdMs: document.thresholdNs / 1e6,
    freshFlow: FRESH_FLOW,
    kinds: PointKinds,
    paths: document.plots.map(({ path, samples, bucketNs, points }) => ({
      name: path,
      samples,
      bucketNs,
      points: packed(points, document.fromNs, timeUnitNs),
    })),
    findings,
    stops: incidents.length > 0 ? incidents : joined(findings),
    culprits: document.culprits.map(({ fromNs, toNs, headline }) => ({
      startNs: fromNs,
      releaseNs: toNs,
      words: headline,
    })),
  };
}

/** Findings that overlap are one stop. */
function joined(findings: readonly PageFinding[]): PageMark[] {
  const sorted = findings
    .map(({ startNs, releaseNs }) => ({ startNs, releaseNs }))
    .sort((a, b) => a.startNs - b.startNs);
  const out: PageMark[] = [];
  for (const mark of sorted) {
    const last = out.at(-1);
    if (last && mark.startNs <= last.releaseNs)
      out[out.length - 1] = { ...last, releaseNs: Math.max(last.releaseNs, mark.releaseNs) };
    else out.push(mark);
  }
  return out;
}

function packed(points: SamplePoints, fromNs: number, unitNs: number): PagePoints {
  const count = points.sentNs.length;
  return {
    count,
    time: base64(Uint32Array.from(points.sentNs, (sentNs) => Math.max(0, Math.round((sentNs - fromNs) / unitNs)))),
    rtt: base64(Float32Array.from(points.rttNs, (rttNs) => (rttNs < 0 ? -1 : rttNs / 1e6))),
    flow: base64(points.flow),
    kind: base64(points.kind),
  };
}

/** The machines that rxray runs on are little-endian, and so are those that show the page. */
function base64(column: Uint32Array | Float32Array | Uint16Array | Uint8Array): string {
  return Buffer.from(column.buffer, column.byteOffset, column.byteLength).toString('base64');
}
