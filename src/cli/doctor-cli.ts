import type { Argv, CommandModule } from 'yargs';
import { doctor } from '../commands/host/doctor.js';
import type { RunCommand } from './run-command.js';

export function doctorCommand(run: RunCommand): CommandModule<object, { json: boolean; fix: boolean }> {
  return {
    command: 'doctor',
    describe: 'what works on this host and what does not, with the remedy',
    builder: (yargs: Argv) =>
      yargs
        .options({
          json: { type: 'boolean', default: false, describe: 'as one JSON document' },
          fix: {
            type: 'boolean',
            default: false,
            describe: 'as root: copy the helpers to a folder that no upgrade touches, and give them their capabilities',
          },
        })
        .epilogue('Exit status: 0 probing works here, 2 wrong use, 4 it does not.'),
    handler: ({ json, fix }) => run((io) => doctor({ json, fix }, io)),
  };
}
