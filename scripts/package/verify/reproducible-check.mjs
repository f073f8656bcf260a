// Helpers, npm packages and the image, built again in another folder: the same bytes.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { output, root } from '../../step.mjs';
import { buildHelpers, HELPERS, helperHashes } from '../helpers.mjs';
import { packNpm } from '../npm-packages.mjs';
import { packagesFolder, workFolder } from '../places.mjs';
import { PLATFORMS } from '../platforms.mjs';

export async function checkReproducible(ok) {
  const folder = mkdtempSync(join(tmpdir(), 'rxray-built-elsewhere-'));
  try {
    const source = join(folder, 'a/longer/way/to/the/source');
    mkdirSync(source, { recursive: true });
    for (const name of ['package.json', ...output('git', ['ls-files', 'native']).split('\n')])
      cpSync(join(root, name), join(source, name));
    const again = PLATFORMS.map((platform) => {
      const built = buildHelpers(platform, { source, folder: join(folder, 'out', platform.name) });
      return { platform, folder: built, hashes: helperHashes(built) };
    });
    for (const { platform, folder: built } of again) {
      for (const name of HELPERS) same(join(built, name), join(workFolder, 'helpers', platform.name, name));
    }
    ok('helpers of both platforms, built in two folders, have the same bytes');
    mkdirSync(join(folder, 'npm'));
    for (const name of await packNpm(again, join(folder, 'npm')))
      same(join(folder, 'npm', name), join(packagesFolder, name));
    ok('npm packages too');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function same(one, other) {
  if (!readFileSync(one).equals(readFileSync(other))) throw new Error(`${one} differs from ${other}`);
}
