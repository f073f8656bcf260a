// The helpers built from what the npm package carries, as somebody does for whose machine none are packaged.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { output } from '../../step.mjs';
import { HELPERS } from '../helpers.mjs';
import { packagesFolder, version } from '../places.mjs';

export function checkSource(ok) {
  const folder = mkdtempSync(join(tmpdir(), 'rxray-source-'));
  try {
    output('tar', ['-xzf', join(packagesFolder, `rxray-${version}.tgz`), '-C', folder]);
    const native = join(folder, 'package/native');
    if (output('make', ['-s', '-C', native, 'helpers']) === undefined) throw new Error('make fails');
    for (const name of HELPERS) if (!existsSync(join(native, 'build', name))) throw new Error(`${name} was not built`);
    const { helper } = JSON.parse(output(join(native, 'build/rxray-prober'), ['--capabilities']));
    if (helper !== 'rxray-prober') throw new Error('the prober does not start');
    ok('make -C native helpers, in the unpacked npm package, builds all helpers');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
