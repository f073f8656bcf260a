import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { SampleColumns } from '../../model/sample.js';
import { toSampleRecord } from '../probe/sample-record.js';
import type { SampleOrigin, SampleSink, WriteBytes } from './sample-sink.js';

/** Samples held before they are written; readers skip groups by their least and largest values. */
const GROUP_ROWS = 50_000;

const instant = { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'NANOS' } as const;
const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const;

const COLUMNS = [
  { name: 'path', ...text, repetition_type: 'REQUIRED' },
  { name: 'seq', type: 'INT64', repetition_type: 'REQUIRED' },
  { name: 'flow', type: 'INT32', repetition_type: 'OPTIONAL' },
  { name: 'due', type: 'INT64', logical_type: instant, repetition_type: 'REQUIRED' },
  { name: 'sent', type: 'INT64', logical_type: instant, repetition_type: 'REQUIRED' },
  { name: 'outcome', ...text, repetition_type: 'REQUIRED' },
  { name: 'reply', ...text, repetition_type: 'OPTIONAL' },
  { name: 'rttNs', type: 'INT64', repetition_type: 'OPTIONAL' },
  { name: 'ttl', type: 'INT32', repetition_type: 'OPTIONAL' },
  { name: 'icmpType', type: 'INT32', repetition_type: 'OPTIONAL' },
  { name: 'icmpCode', type: 'INT32', repetition_type: 'OPTIONAL' },
  { name: 'router', ...text, repetition_type: 'OPTIONAL' },
  { name: 'txDelayNs', type: 'INT64', repetition_type: 'OPTIONAL' },
  { name: 'errno', type: 'INT32', repetition_type: 'OPTIONAL' },
] as const;

type Cell = string | number | bigint | null;

/**
 * One row a sample, in the columns of the CSV format; `due` and `sent` are instants in UTC with nanoseconds, `rttNs`
 * is null without a reply. Rows come in the order in which outcomes became known.
 */
export function createParquetSink(write: WriteBytes): SampleSink {
  const bytes = new ByteWriter();
  const parquet = new ParquetWriter({
    writer: bytes,
    schema: [{ name: 'root', num_children: COLUMNS.length }, ...COLUMNS],
    createdBy: 'rxray',
  });
  let columns: Cell[][] = COLUMNS.map(() => []);

  async function flush(): Promise<void> {
    const written = new Uint8Array(bytes.buffer, 0, bytes.index).slice();
    bytes.index = 0;
    await write(written);
  }

  async function writeGroup(): Promise<void> {
    const columnData = COLUMNS.map(({ name }, index) => ({ name, data: columns[index] ?? [] }));
    await parquet.write({ columnData, rowGroupSize: GROUP_ROWS });
    await flush();
    columns = COLUMNS.map(() => []);
  }

  return {
    samples: async ({ run }: SampleOrigin, samples: SampleColumns) => {
      const pathNames = run.paths.map(({ path }) => path);
      const epochNs = BigInt(run.epochNs);
      for (let index = 0; index < samples.length; index += 1) {
        const record = toSampleRecord(samples, index, pathNames);
        const cells: Readonly<Record<(typeof COLUMNS)[number]['name'], Cell>> = {
          path: record.path,
          seq: BigInt(record.seq),
          flow: record.flow,
          due: epochNs + BigInt(record.due),
          sent: epochNs + BigInt(record.sent),
          outcome: record.outcome,
          reply: record.reply ?? null,
          rttNs: record.rttNs === undefined ? null : BigInt(record.rttNs),
          ttl: record.ttl ?? null,
          icmpType: record.icmpType ?? null,
          icmpCode: record.icmpCode ?? null,
          router: record.router ?? null,
          txDelayNs: record.txDelayNs === undefined ? null : BigInt(record.txDelayNs),
          errno: record.errno ?? null,
        };
        for (const [column, { name }] of COLUMNS.entries()) columns[column]?.push(cells[name]);
        if ((columns[0]?.length ?? 0) >= GROUP_ROWS) await writeGroup();
      }
    },
    end: async () => {
      if ((columns[0]?.length ?? 0) > 0) await writeGroup();
      await parquet.finish();
      await flush();
    },
  };
}
