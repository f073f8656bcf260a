import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { packageFolder } from '../../src/installation/package-folder.js';

/** Of busybox; those that helpers of other machines are started with are among them (src/transports/far). */
const COMMANDS =
  'sh cat chmod cksum cp cut date dd head id kill ls mkdir printf ps rm sed sha256sum sleep test uname wc tar';

/** An image with a shell, that only stays there unless it is told something else; for holding namespaces, and debugging. */
export function writeBusyboxImage(file: string, busybox: string): void {
  const script = `
import { readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tar, gzip } from '${join(packageFolder(), 'scripts/package/tar.mjs')}';
const sum = (bytes) => createHash('sha256').update(bytes).digest('hex');
const blobs = new Map();
const add = (bytes, mediaType) => { blobs.set(sum(bytes), bytes); return { mediaType, digest: 'sha256:' + sum(bytes), size: bytes.length }; };
const json = (value, mediaType) => add(Buffer.from(JSON.stringify(value)), mediaType);
const type = (name) => 'application/vnd.oci.image.' + name;
const commands = '${COMMANDS}'.split(' ').map((name) => ({ path: 'bin/' + name, link: '/busybox' }));
const layer = tar([{ path: 'busybox', mode: 0o755, bytes: readFileSync('${busybox}') }, { path: 'bin', folder: true }, { path: 'tmp', folder: true, mode: 0o1777 }, ...commands], 0);
const config = json({ architecture: process.arch === 'x64' ? 'amd64' : process.arch, os: 'linux', config: { Entrypoint: ['/busybox', 'sleep', '100000000'] }, rootfs: { type: 'layers', diff_ids: ['sha256:' + sum(layer)] } }, type('config.v1+json'));
const manifest = json({ schemaVersion: 2, mediaType: type('manifest.v1+json'), config, layers: [add(gzip(layer), type('layer.v1.tar+gzip'))] }, type('manifest.v1+json'));
const index = { schemaVersion: 2, manifests: [{ ...manifest, annotations: { 'org.opencontainers.image.ref.name': '1' } }] };
const text = (path, value) => ({ path, bytes: Buffer.from(JSON.stringify(value)) });
writeFileSync('${file}', tar([text('oci-layout', { imageLayoutVersion: '1.0.0' }), text('index.json', index), ...[...blobs].map(([digest, bytes]) => ({ path: 'blobs/sha256/' + digest, bytes }))], 0));
`;
  execFileSync(process.execPath, ['--input-type=module', '-e', script]);
}
