import { z } from 'zod';
import { arrivalsRecordSchema } from '../model/arrivals-record.js';
import { findingSchema } from '../model/finding.js';
import {
  pathRecordSchema,
  qualityRecordSchema,
  runRecordSchema,
  SCHEMA,
  sampleRecordSchema,
} from '../model/run-record.js';
import { summarySchema } from '../model/summary.js';
import { incidentSchema, verdictSchema } from '../model/verdict.js';
import type { Io } from './io.js';

/** Any line of an NDJSON run. */
export const recordSchema = z.union([
  runRecordSchema,
  pathRecordSchema,
  sampleRecordSchema,
  findingSchema,
  arrivalsRecordSchema,
  qualityRecordSchema,
  summarySchema,
  incidentSchema,
  verdictSchema,
]);

/** `rxray schema`: the JSON Schema of one NDJSON line, made from the definitions the program itself uses. */
export async function printSchema(io: Io): Promise<number> {
  const schema = { title: `rxray NDJSON, schema ${SCHEMA}`, ...z.toJSONSchema(recordSchema, { io: 'output' }) };
  await io.out(`${JSON.stringify(schema, null, 2)}\n`);
  return 0;
}
