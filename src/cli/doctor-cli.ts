import type { Argv, CommandModule } from 'yargs';
import { doctor } from '../commands/host/doctor.js';
import type { RunCommand } from './run-command.js';

export function doctorCommand(run: RunCommand): CommandModule<object, { json: boolean }> {
  return {
    command: 'doctor',
    describe: 'what works on this host and what does not, with the remedy',
    builder: (yargs: Argv) =>
      yargs.option('json', { type: 'boolean', default: false, describe: 'as one JSON document' }),
    handler: ({ json }) => run((io) => doctor({ json }, io)),
  };
}
