// Packages of the npm registry as files, outside the checkout.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { output } from '../step.mjs';
import { cacheFolder } from './places.mjs';

/** A package of the npm registry as a file. */
export function npmTarball(spec) {
  const file = join(cacheFolder('tarballs'), `${spec.replace(/[@/]/g, '_')}.tgz`);
  if (existsSync(file)) return file;
  const folder = cacheFolder('tarballs');
  const [{ filename }] = JSON.parse(output('npm', ['pack', '--json', '--silent', '--pack-destination', folder, spec]));
  writeFileSync(file, readFileSync(join(folder, filename)));
  return file;
}
