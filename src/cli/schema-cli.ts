import type { CommandModule } from 'yargs';
import { printSchema } from '../commands/schema.js';
import type { RunCommand } from './run-command.js';

export function schemaCommand(run: RunCommand): CommandModule {
  return {
    command: 'schema',
    describe: 'print the JSON Schema of the NDJSON records',
    handler: () => run(printSchema),
  };
}
