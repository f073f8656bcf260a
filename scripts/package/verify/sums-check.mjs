// Every artifact is in SHA256SUMS, and has a bill of materials that is about it.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { packagesFolder, sha256 } from '../places.mjs';

export function checkSums(ok) {
  const sums = new Map(
    readFileSync(join(packagesFolder, 'SHA256SUMS'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split('  ').reverse()),
  );
  const names = readdirSync(packagesFolder).filter(
    (name) => name !== 'SHA256SUMS' && statSync(join(packagesFolder, name)).isFile(),
  );
  for (const name of names) {
    const hash = sha256(readFileSync(join(packagesFolder, name)));
    if (sums.get(name) !== hash) throw new Error(`${name} is not what SHA256SUMS says`);
    // The manifest of the plugin holds hashes of archives that have theirs.
    if (name.endsWith('.cdx.json') || name === 'rxray-krew.yaml') continue;
    if (!existsSync(join(packagesFolder, `${name}.cdx.json`))) throw new Error(`${name} has no bill of materials`);
    const { bomFormat, specVersion, metadata, components } = JSON.parse(
      readFileSync(join(packagesFolder, `${name}.cdx.json`), 'utf8'),
    );
    if (bomFormat !== 'CycloneDX' || specVersion !== '1.6' || metadata.component.hashes[0].content !== hash)
      throw new Error(`the bill of materials of ${name} is about something else`);
    if (components.length === 0 || new Set(components.map((one) => one['bom-ref'])).size !== components.length)
      throw new Error(`the bill of materials of ${name} has no components, or one twice`);
  }
  ok(`${names.length} files are in SHA256SUMS; every artifact has a CycloneDX bill of materials with its hash`);
}
