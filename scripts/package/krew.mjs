// The plugin for krew: an archive a platform with the single executable under the plugin's name, and the manifest with
// their hashes.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { root } from '../step.mjs';
import { manifest, packagesFolder, sha256, sourceEpoch, version } from './places.mjs';
import { singleFileName } from './single-file.mjs';
import { gzip, tar } from './tar.mjs';

/** Where the archives of a version lie; whoever publishes them says it. */
const DOWNLOADS = process.env.RXRAY_DOWNLOADS ?? 'https://downloads.example/rxray';

/** @returns the archives, each `{ platform, name, sha256 }` */
export function makeKrew(platforms) {
  const archives = platforms.map((platform) => {
    const name = `kubectl-rxray-${version}-${platform.name}.tar.gz`;
    const file = (path, from, mode) => ({ path, mode, bytes: readFileSync(from) });
    const entries = [
      file('kubectl-rxray', join(packagesFolder, singleFileName(platform)), 0o755),
      file('kubectl_complete-rxray', join(root, 'completions/kubectl_complete-rxray'), 0o755),
      file('LICENSE', join(root, 'LICENSE'), 0o644),
    ];
    const bytes = gzip(tar(entries, sourceEpoch()));
    writeFileSync(join(packagesFolder, name), bytes);
    return { platform, name, sha256: sha256(bytes) };
  });
  writeFileSync(join(packagesFolder, 'rxray-krew.yaml'), stringify(krewManifest(archives), { lineWidth: 0 }));
  return archives;
}

/** As the index of krew takes it. @param archives `{ platform, name, sha256 }` */
export function krewManifest(archives) {
  return {
    apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
    kind: 'Plugin',
    metadata: { name: 'rxray' },
    spec: {
      version: `v${version}`,
      homepage: DOWNLOADS,
      shortDescription: 'Find where and why packets wait',
      description: `${manifest.description}.\nReads the cluster by your kubectl; Secrets are never read.`,
      caveats: 'Names of nodes are completed where kubectl_complete-rxray is on the PATH as well.',
      platforms: archives.map(({ platform, name, sha256: hash }) => ({
        selector: { matchLabels: { os: 'linux', arch: platform.oci } },
        uri: `${DOWNLOADS}/v${version}/${name}`,
        sha256: hash,
        bin: 'kubectl-rxray',
        files: ['kubectl-rxray', 'kubectl_complete-rxray', 'LICENSE'].map((from) => ({ from, to: '.' })),
      })),
    },
  };
}
