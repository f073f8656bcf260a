import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cgroupPlace, describeCgroup } from '../../src/model/cgroup-place.js';

const ID = '0123456789abcdef'.repeat(4);
const UID = '0f3c2a1b-4d5e-6f70-8192-a3b4c5d6e7f8';
const SYSTEMD_UID = UID.replaceAll('-', '_');

const PATHS: readonly (readonly [path: string, place: ReturnType<typeof cgroupPlace>])[] = [
  [`/docker/${ID}`, { container: ID, runtime: 'docker' }],
  [`/system.slice/docker-${ID}.scope`, { container: ID, runtime: 'docker' }],
  [`/machine.slice/libpod-${ID}.scope/container`, { container: ID, runtime: 'podman' }],
  [`/kubepods/burstable/pod${UID}/${ID}`, { container: ID, pod: UID }],
  [
    `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${SYSTEMD_UID}.slice/cri-containerd-${ID}.scope`,
    { container: ID, runtime: 'containerd', pod: UID },
  ],
  [`/kubepods.slice/kubepods-pod${SYSTEMD_UID}.slice/crio-${ID}.scope`, { container: ID, runtime: 'cri-o', pod: UID }],
  [
    `/system.slice/containerd.service/kubepods-burstable-pod${SYSTEMD_UID}.slice:cri-containerd:${ID}`,
    { container: ID, runtime: 'containerd', pod: UID },
  ],
  [`/kubepods/pod${UID}`, { pod: UID }],
  ['/system.slice/sshd.service', { unit: 'sshd.service' }],
  ['/user.slice/mypod', {}],
  ['/', {}],
];

for (const [path, place] of PATHS) {
  test(`${path} is ${JSON.stringify(place)}`, () => assert.deepEqual(cgroupPlace(path), place));
}

test('a cgroup is described by what says most', () => {
  assert.equal(describeCgroup(`/docker/${ID}`), 'container 0123456789ab (docker)');
  assert.equal(describeCgroup('/a/b'), '/a/b');
});
