import type { Argv, CommandModule } from 'yargs';
import type { CommandContext } from './command.js';
import * as shared from './shared-options.js';

export function doctorCommand({ run }: CommandContext): CommandModule<object, { json: boolean; fix: boolean }> {
  return {
    command: 'doctor',
    describe: 'what works on this host and what does not, with the remedy',
    builder: (yargs: Argv) =>
      yargs
        .options({
          json: shared.json,
          fix: {
            ...shared.flag,
            describe: 'as root: copy the helpers to a folder that no upgrade touches, and give them their capabilities',
          },
        })
        .epilogue('Exit status: 0 probing works here, 2 wrong use, 4 it does not.'),
    handler: ({ json, fix }) =>
      run(async (io) => {
        const { doctor } = await import('../commands/host/doctor.js');
        return doctor({ json, fix }, io);
      }),
  };
}
