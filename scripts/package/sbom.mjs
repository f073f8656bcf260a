// What is inside an artifact, as CycloneDX 1.6 (ECMA-424) tells it.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { output, root } from '../step.mjs';
import { LIBRARIES, libraryVersions } from './helpers.mjs';
import { commit, sha256, sourceEpoch, version } from './places.mjs';

/**
 * @param name of the artifact
 * @param bytes the artifact itself
 * @param components what is in it
 */
export function sbom(name, bytes, components) {
  const hash = sha256(bytes);
  const about = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(`${name}\n${hash}`)}`,
    version: 1,
    metadata: {
      timestamp: new Date(sourceEpoch() * 1000).toISOString(),
      component: {
        'bom-ref': 'artifact',
        type: 'application',
        name,
        version,
        licenses: [{ license: { id: 'MIT' } }],
        hashes: [{ alg: 'SHA-256', content: hash }],
        ...(commit() === undefined ? {} : { properties: [{ name: 'git:commit', value: commit() }] }),
      },
    },
    // The same version may lie in several folders.
    components: [...new Map(components.map((one) => [one['bom-ref'], one])).values()].sort((a, b) =>
      a['bom-ref'] < b['bom-ref'] ? -1 : 1,
    ),
  };
  return `${JSON.stringify(about, null, 2)}\n`;
}

/** npm packages by their folders. */
export function npmComponents(folders) {
  return folders.map((folder) => {
    const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const purl = `pkg:npm/${manifest.name.replace('@', '%40')}@${manifest.version}`;
    const licence = typeof manifest.license === 'string' ? manifest.license : manifest.licenses?.[0]?.type;
    return component('library', manifest.name, manifest.version, purl, licence);
  });
}

/** What rxray is installed with, all the way down, by the lock file. */
export function productionFolders() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return Object.entries(packages)
    .filter(([folder, entry]) => folder !== '' && !entry.dev && !entry.optional && !entry.peer && !entry.devOptional)
    .map(([folder]) => folder)
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .sort();
}

/** The helpers of a platform, with the libraries that are linked into them. */
export function helperComponents(platform, hashes) {
  const helpers = Object.entries(hashes).map(([name, hash]) => ({
    ...component('application', name, version, `pkg:generic/${name}@${version}?arch=${platform.cpu}`, 'MIT'),
    hashes: [{ alg: 'SHA-256', content: hash }],
  }));
  const versions = libraryVersions(platform);
  const libraries = LIBRARIES.map(({ name, debian, licence }) => {
    const purl = `pkg:deb/debian/${debian}@${versions[debian] ?? 'unknown'}?arch=${platform.debian}`;
    return component('library', name, versions[debian] ?? 'unknown', purl, licence);
  });
  return [...helpers, ...libraries];
}

/** Node.js itself, with what it is made of, as the executable says. */
export function nodeComponents(node) {
  const versions = JSON.parse(output(node[0], [...node.slice(1), '-p', 'JSON.stringify(process.versions)']));
  const parts = Object.entries(versions).filter(([name]) =>
    /^(v8|uv|openssl|zlib|brotli|zstd|icu|llhttp|nghttp2|ares|undici|simdjson|simdutf|ada|sqlite|unicode|tz|cldr|acorn)$/.test(
      name,
    ),
  );
  return [
    component('application', 'node', versions.node, `pkg:generic/node@${versions.node}`, 'MIT'),
    ...parts.map(([name, value]) => component('library', name, value, `pkg:generic/${name}@${value}`)),
  ];
}

export function debianComponents(versions, architecture) {
  return Object.entries(versions).map(([name, value]) =>
    component('library', name, value, `pkg:deb/debian/${name}@${value}?arch=${architecture}`),
  );
}

function component(type, name, itsVersion, purl, licence) {
  return {
    'bom-ref': purl,
    type,
    name,
    version: itsVersion,
    ...(licence === undefined
      ? {}
      : { licenses: [/ OR | AND /.test(licence) ? { expression: licence } : { license: { id: licence } }] }),
    purl,
  };
}

/** A UUID of version 8 (RFC 9562) out of a hash, so that the same artifact has the same one. */
function uuidOf(text) {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes[6] = (bytes[6] & 0x0f) | 0x80;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
