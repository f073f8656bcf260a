// What the single executable runs: rxray, or one of the engines that are programs of their own.
import { ENGINE_WORD } from './installation/node-program.js';

// It is called by the name of the executable or of a link to it; Node.js puts the executable itself there.
process.argv[1] = process.argv0;

function program(): Promise<unknown> {
  if (process.argv[2] !== ENGINE_WORD) return import('./main.js');
  const [, name] = process.argv.splice(2, 2);
  if (name === 'portable') return import('./engines/portable/main.js');
  return name === 'request' ? import('./engines/request/main.js') : import('./engines/connect/main.js');
}

program().catch((error: unknown) => {
  setImmediate(() => {
    throw error;
  });
});
