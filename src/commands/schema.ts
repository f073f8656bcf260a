import * as z from 'zod';
import { culpritSchema } from '../model/culprit.js';
import { explanationSchema } from '../model/explanation.js';
import { findingSchema } from '../model/finding.js';
import {
  fleetRunSchema,
  fleetVerdictSchema,
  linkVerdictSchema,
  nodeVerdictSchema,
} from '../model/fleet/fleet-verdict.js';
import { checkDescriptionSchema, nodeCheckSchema, nodeReportSchema } from '../model/node-check.js';
import { outageSchema } from '../model/outage.js';
import {
  agentRecordSchema,
  configProblemSchema,
  configReportSchema,
  edgeFindingSchema,
  edgeRecordSchema,
  inboundFindingSchema,
} from '../model/records/agent.js';
import { arrivalsRecordSchema } from '../model/records/arrivals.js';
import { discoverySchema } from '../model/records/discovery.js';
import { hostCheckSchema, hostReportSchema } from '../model/records/doctor.js';
import { hostsProblemSchema, hostsReportSchema, planRecordSchema } from '../model/records/hosts.js';
import {
  pathRecordSchema,
  qualityRecordSchema,
  runRecordSchema,
  SCHEMA,
  sampleRecordSchema,
} from '../model/records/run.js';
import {
  syscallDumpSchema,
  syscallEndSchema,
  syscallSchema,
  syscallSummarySchema,
  syscallTraceSchema,
} from '../model/records/syscall.js';
import { kernelSampleSchema, traceQualitySchema, traceRunSchema } from '../model/records/trace.js';
import { rxPacketSchema } from '../model/rx-packet.js';
import { summarySchema } from '../model/summary.js';
import { incidentSchema, verdictSchema } from '../model/verdict.js';
import { EXIT } from './run/exit-status.js';
import type { Io } from './terminal/io.js';

/** Any line of an NDJSON run. */
export const recordSchema = z.union([
  runRecordSchema,
  pathRecordSchema,
  sampleRecordSchema,
  findingSchema,
  outageSchema,
  arrivalsRecordSchema,
  qualityRecordSchema,
  summarySchema,
  incidentSchema,
  verdictSchema,
  nodeCheckSchema,
  nodeReportSchema,
  checkDescriptionSchema,
  hostCheckSchema,
  hostReportSchema,
  hostsProblemSchema,
  hostsReportSchema,
  planRecordSchema,
  discoverySchema,
  culpritSchema,
  explanationSchema,
  rxPacketSchema,
  kernelSampleSchema,
  traceRunSchema,
  traceQualitySchema,
  syscallTraceSchema,
  syscallSchema,
  syscallSummarySchema,
  syscallDumpSchema,
  syscallEndSchema,
  fleetRunSchema,
  nodeVerdictSchema,
  linkVerdictSchema,
  fleetVerdictSchema,
  agentRecordSchema,
  edgeRecordSchema,
  edgeFindingSchema,
  inboundFindingSchema,
  configProblemSchema,
  configReportSchema,
]);

/** `rxray schema`: the JSON Schema of one NDJSON line, made from the definitions the program itself uses. */
export async function printSchema(io: Io): Promise<number> {
  const schema = { title: `rxray NDJSON, schema ${SCHEMA}`, ...z.toJSONSchema(recordSchema, { io: 'output' }) };
  await io.out(`${JSON.stringify(schema, null, 2)}\n`);
  return EXIT.completed;
}
