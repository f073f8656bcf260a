// What is measured in this process is compiled as late as in the tool itself.
import '../../src/installation/late-optimization.js';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { formatTable } from '../../src/format/table.js';
import { labDown, labUp } from '../../src/lab/lab.js';
import { type Benchmarks, benchmarksPage, type KeptPart, mergeParts } from './benchmarks-page.js';
import { describeMachine, measureSteal } from './machine.js';
import { owing, undoOnSignal } from './owed.js';
import { type Part, type PartResult, type Setting, verdict } from './part.js';
import { PARTS } from './parts.js';

const LAB = 'bench';
const DOCS = join(import.meta.dirname, '../../../docs');
const DEFAULT_SECONDS = 20;
const MOST_SECONDS = 1_800;

const USAGE = `npm run bench -- [PART…] [--json FILE] [--seconds N]

Parts, all by default:
${PARTS.map(({ name, about }) => `  ${name.padEnd(10)} ${about}`).join('\n')}

docs/benchmarks.md is written anew, with what was not measured now from the last time.

--json FILE    figures as JSON (bench-results.json)
--seconds N    length of one measurement, 4 to ${MOST_SECONDS} (${DEFAULT_SECONDS})`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'string' }, seconds: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const seconds = Number(values.seconds ?? DEFAULT_SECONDS);
  const unknown = positionals.filter((name) => !PARTS.some((part) => part.name === name));
  if (unknown.length > 0 || !Number.isInteger(seconds) || seconds < 4 || seconds > MOST_SECONDS) {
    console.error(unknown.length > 0 ? `no part ${unknown.join(', ')}\n\n${USAGE}` : USAGE);
    return 2;
  }
  if (process.getuid?.() !== 0) {
    console.error('The bench makes network namespaces and captures in them: run it as root.');
    return 4;
  }
  undoOnSignal();
  const wanted = PARTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  await runParts(wanted, seconds, values.json ?? 'bench-results.json');
  return 0;
}

async function runParts(parts: readonly Part[], seconds: number, file: string): Promise<void> {
  const machine = describeMachine();
  const { processors, processor, kernel, versions } = machine;
  console.log(`${processors} × ${processor}, Linux ${kernel}`);
  console.log(
    Object.entries(versions)
      .map((pair) => pair.join(' '))
      .join(', '),
  );
  console.log('Figures are for comparison within this run.');
  const results: unknown[] = [];
  const kept: KeptPart[] = [];
  // Whose machine it was is nobody's business.
  const { host: _, ...anonymous } = machine;
  const write = (): void => {
    const document = { type: 'bench', schema: 1, startedAt, seconds, machine, parts: results };
    writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
    writeDocs(kept);
  };
  const startedAt = new Date().toISOString();
  await owing(
    () => labDown({ name: LAB }, () => {}),
    async () => {
      for (const part of parts) {
        console.log(`\n== ${part.name}: ${part.about}`);
        const steal = measureSteal();
        const [load = 0] = loadavg();
        const result = await part.run(settingOf(seconds));
        const stealShare = result.stealShare ?? steal();
        show(result, stealShare);
        const { targets, data, tables, comparisons = [], notes = [] } = result;
        const { name, about } = part;
        const command = `npm run bench -- ${name} --seconds ${seconds}`;
        kept.push({
          name,
          about,
          command,
          startedAt,
          machine: anonymous,
          stealShare,
          load,
          tables,
          targets,
          comparisons,
          notes,
        });
        results.push({ name: part.name, stealShare, targets, data });
        // After each, so that an interrupted bench has what it measured.
        write();
      }
    },
  );
  console.error(`\nFigures are in ${file}.`);
}

/** docs/benchmarks.json and the page that is made of it. */
function writeDocs(fresh: readonly KeptPart[]): void {
  const file = join(DOCS, 'benchmarks.json');
  const before: Benchmarks = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { parts: [] };
  const names = PARTS.map(({ name }) => name);
  const merged = mergeParts(before, fresh, names);
  writeFileSync(file, `${JSON.stringify(merged, null, 2)}\n`);
  writeFileSync(join(DOCS, 'benchmarks.md'), benchmarksPage(merged, PARTS));
}

function settingOf(seconds: number): Setting {
  return {
    seconds,
    lab: async () => {
      await labUp({ name: LAB }, () => {});
      return LAB;
    },
    say: (message) => console.error(`   ${message}`),
  };
}

function show({ tables, targets, notes = [] }: PartResult, stealShare: number): void {
  for (const { title, columns, rows } of tables) {
    console.log(`\n${title}`);
    for (const line of formatTable(columns, rows)) console.log(`  ${line}`);
  }
  for (const note of notes) console.log(`\n  ${note}`);
  console.log(`\n  Steal meanwhile: ${(100 * stealShare).toFixed(1)} %. ${targets.map(verdict).join('; ')}.`);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
