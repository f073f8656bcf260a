// Shows that what was packaged works. Each part can be named: npm run package -- --verify image
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '../../step.mjs';
import { packagesFolder } from '../places.mjs';
import { otherPlatform } from '../platforms.mjs';

const PARTS = {
  sums: async (ok) => (await import('./sums-check.mjs')).checkSums(ok),
  manual: async (ok) => (await import('./completions-check.mjs')).checkManual(ok),
  reproducible: async (ok) => (await import('./reproducible-check.mjs')).checkReproducible(ok),
  source: async (ok) => (await import('./source-check.mjs')).checkSource(ok),
  npm: async () => (await import('./npm-check.mjs')).checkNpm(),
  'npm-projects': async () => (await import('./npm-check.mjs')).checkProjects(),
  'single-file': async () => (await import('./single-file-check.mjs')).checkSingleFile(),
  deb: async () => (await import('./deb-check.mjs')).checkDeb(),
  'deb-other': async () => (await import('./deb-check.mjs')).checkDeb(otherPlatform()),
  arm64: async (ok) => (await import('./arm64-check.mjs')).checkArm64(ok),
  'image-other': async () => (await import('./image-other-check.mjs')).checkOtherImage(),
  image: async (ok) => (await import('./image-check.mjs')).checkImage(ok),
};

/** @returns the exit status: 0 when all parts are as they should be */
export async function verify(words) {
  if (!existsSync(join(packagesFolder, 'SHA256SUMS'))) fail('nothing is packaged yet: npm run package');
  if (process.getuid() !== 0) fail('clean machines are made by root: sudo npm run package -- --verify');
  const unknown = words.filter((word) => !Object.hasOwn(PARTS, word));
  if (unknown.length > 0) fail(`there is no part ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}`);
  let failed = 0;
  for (const [name, check] of Object.entries(PARTS).filter(([part]) => words.length === 0 || words.includes(part))) {
    console.log(`${name}:`);
    const began = performance.now();
    try {
      await check((what) => console.log(`✓ ${what}`));
    } catch (error) {
      failed += 1;
      console.log(`✗ ${error instanceof Error ? error.message : error}`);
    }
    console.log(`  ${Math.round((performance.now() - began) / 1000)} s\n`);
  }
  console.log(failed === 0 ? 'Everything that was packaged works.' : `${failed} of the parts failed.`);
  return failed === 0 ? 0 : 1;
}
