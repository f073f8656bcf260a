import type { CommandModule } from 'yargs';
import type { CommandContext } from './command.js';

export function schemaCommand({ run }: CommandContext): CommandModule {
  return {
    command: 'schema',
    describe: 'print the JSON Schema of the NDJSON records',
    handler: () =>
      run(async (io) => {
        const { printSchema } = await import('../commands/schema.js');
        return printSchema(io);
      }),
  };
}
