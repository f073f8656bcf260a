// The container image for both architectures, as an OCI layout in one archive. It is written here, not by a container
// engine: so it needs no privilege, and its bytes depend on nothing but what is in it.
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianFiles, debianPackages } from '../debian/files.mjs';
import { HELPERS } from './helpers.mjs';
import { commit, manifest, packagesFolder, sha256, sourceEpoch, version } from './places.mjs';
import { gzip, tar } from './tar.mjs';

/** Nobody's account, as images without a distribution use it. */
const USER = 65532;
const BASE_LIBRARIES =
  /^(ld-linux[^/]*|lib(c|m|dl|pthread|rt|resolv|nss_dns|nss_files|gcc_s|stdc\+\+|atomic)\.so\.[\d.]+)$/;

/** Of busybox: those that the far side of a transport uses (src/transports/far), the pods of deploy/, and kubectl cp. */
const SHELL_COMMANDS =
  'sh cat chmod cksum cp cut date dd head id kill ls mkdir printf ps rm sed sha256sum sleep tar test uname wc'.split(
    ' ',
  );

/** @param executables by platform: `{ platform, program, folder, notices }` @returns its file name */
export function makeImage(executables) {
  const blobs = new Map();
  const add = (bytes, mediaType, more = {}) => {
    const digest = sha256(bytes);
    blobs.set(digest, bytes);
    return { mediaType, digest: `sha256:${digest}`, size: bytes.length, ...more };
  };
  const json = (value, mediaType, more) => add(Buffer.from(JSON.stringify(value)), mediaType, more);
  const type = (name) => `application/vnd.oci.image.${name}`;
  const images = executables.map(({ platform, program, folder, notices }) => {
    const layers = [baseLayer(platform), programLayer(program, folder, notices)].map((entries) =>
      tar(entries, sourceEpoch()),
    );
    const config = json(configOf(platform, layers), type('config.v1+json'));
    const packed = layers.map((layer) => add(gzip(layer), type('layer.v1.tar+gzip')));
    const platformOf = { architecture: platform.oci, os: 'linux' };
    const image = { schemaVersion: 2, mediaType: type('manifest.v1+json'), config, layers: packed };
    return json(image, type('manifest.v1+json'), { platform: platformOf });
  });
  const all = json({ schemaVersion: 2, mediaType: type('index.v1+json'), manifests: images }, type('index.v1+json'), {
    annotations: { 'org.opencontainers.image.ref.name': version },
  });
  const text = (path, value) => ({ path, bytes: Buffer.from(JSON.stringify(value)) });
  const archive = tar(
    [
      text('oci-layout', { imageLayoutVersion: '1.0.0' }),
      text('index.json', { schemaVersion: 2, mediaType: type('index.v1+json'), manifests: [all] }),
      ...[...blobs].map(([digest, bytes]) => ({ path: `blobs/sha256/${digest}`, bytes })),
    ],
    sourceEpoch(),
  );
  const name = `rxray-${version}-oci.tar`;
  writeFileSync(join(packagesFolder, name), archive);
  return name;
}

function configOf(platform, layers) {
  const created = new Date(sourceEpoch() * 1000).toISOString();
  return {
    created,
    architecture: platform.oci,
    os: 'linux',
    config: {
      User: `${USER}:${USER}`,
      Entrypoint: ['/usr/bin/rxray'],
      Cmd: ['--help'],
      Env: ['PATH=/usr/bin', 'HOME=/tmp'],
      WorkingDir: '/tmp',
      Labels: {
        'org.opencontainers.image.title': 'rxray',
        'org.opencontainers.image.description': manifest.description,
        'org.opencontainers.image.version': version,
        'org.opencontainers.image.licenses': manifest.license,
        ...(commit() === undefined ? {} : { 'org.opencontainers.image.revision': commit() }),
      },
    },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => `sha256:${sha256(layer)}`) },
    history: ['libraries', 'rxray'].map((what) => ({ created, created_by: `rxray: ${what}` })),
  };
}

function baseLayer(platform) {
  const root = debianFiles(platform.debian, imagePackages(platform));
  const libraries = join(root, 'lib', platform.gnu);
  const inUsr = join(root, 'usr/lib', platform.gnu);
  const found = [libraries, inUsr].filter(existsSync).flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => BASE_LIBRARIES.test(name))
      .map((name) => fileEntry(join(folder, name), `usr/lib/${platform.gnu}/${name}`)),
  );
  const loader = readdirSync(libraries).find((name) => name.startsWith('ld-linux'));
  const loaderFolder = platform.cpu === 'x64' ? 'lib64' : 'lib';
  return [
    ...folders([
      'etc',
      'proc',
      'sys',
      'dev',
      'run',
      'usr',
      'usr/bin',
      'usr/lib',
      `usr/lib/${platform.gnu}`,
      'usr/share',
      'usr/share/doc',
      'var',
      'var/lib',
    ]),
    { path: 'tmp', folder: true, mode: 0o1777 },
    { path: 'lib', link: 'usr/lib' },
    { path: 'bin', link: 'usr/bin' },
    ...(loaderFolder === 'lib64'
      ? [
          { path: 'lib64', link: 'usr/lib64' },
          { path: 'usr/lib64', folder: true },
          { path: `usr/lib64/${loader}`, link: `../lib/${platform.gnu}/${loader}` },
        ]
      : [{ path: `usr/lib/${loader}`, link: `${platform.gnu}/${loader}` }]),
    ...found,
    // What `kubectl exec` needs to bring helpers and to see that nothing of them stays.
    { path: 'usr/bin/busybox', mode: 0o755, bytes: readFileSync(busyboxOf(root)) },
    ...SHELL_COMMANDS.map((name) => ({ path: `usr/bin/${name}`, link: 'busybox' })),
    ...imagePackages(platform)
      .map((name) => [name, join(root, 'usr/share/doc', name, 'copyright')])
      .filter(([, file]) => existsSync(file))
      .map(([name, file]) => ({ path: `usr/share/doc/${name}-copyright`, bytes: readFileSync(file) })),
    text('etc/passwd', `root:x:0:0:root:/tmp:/nonexistent\nnonroot:x:${USER}:${USER}:nonroot:/tmp:/nonexistent\n`),
    text('etc/group', `root:x:0:\nnonroot:x:${USER}:\n`),
    text('etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n'),
    text('etc/os-release', `NAME="rxray"\nID=rxray\nVERSION_ID="${version}"\nPRETTY_NAME="rxray ${version}"\n`),
  ];
}

const imagePackages = ({ libraries }) => [...libraries, 'busybox-static'];

/** Debian has moved it from /bin to /usr/bin. */
function busyboxOf(root) {
  return ['bin/busybox', 'usr/bin/busybox'].map((name) => join(root, name)).find(existsSync);
}

function programLayer(program, folder, notices) {
  return [
    ...folders(['usr', 'usr/bin', 'usr/lib', 'usr/lib/rxray', 'usr/share', 'usr/share/doc', 'usr/share/doc/rxray']),
    { path: 'usr/lib/rxray/rxray', mode: 0o755, bytes: readFileSync(program) },
    ...Object.keys(manifest.bin).map((name) => ({ path: `usr/bin/${name}`, link: '../lib/rxray/rxray' })),
    // Without capabilities of their own, which a container without them could not even start: a tier gives them.
    ...HELPERS.map((name) => ({
      path: `usr/lib/rxray/${name}`,
      mode: 0o755,
      bytes: readFileSync(join(folder, name)),
    })),
    { path: 'usr/share/doc/rxray/LICENSE', bytes: readFileSync(new URL('../../LICENSE', import.meta.url)) },
    text('usr/share/doc/rxray/NOTICE', notices),
  ];
}

export function basePackages(platform) {
  return debianPackages(platform.debian, imagePackages(platform));
}

function fileEntry(file, path) {
  const found = lstatSync(file);
  if (found.isSymbolicLink()) return { path, link: readlinkSync(file) };
  return { path, mode: found.mode & 0o111 ? 0o755 : 0o644, bytes: readFileSync(file) };
}

function folders(paths) {
  return paths.map((path) => ({ path, folder: true }));
}

function text(path, content) {
  return { path, bytes: Buffer.from(content) };
}
