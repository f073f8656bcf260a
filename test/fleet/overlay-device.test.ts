import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overlayTo } from '../../src/fleet/overlay-device.js';

const ROUTES = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0103600A\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t0003600A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
pods0\t0000610A\t0104610A\t0007\t0\t0\t0\t0000FFFF\t0\t0\t0
eth0\t0009610A\t0104610A\t0007\t0\t0\t0\t00FFFFFF\t0\t0\t0
`;
const machine =
  (uevent: string, type = '1') =>
  (path: string): Promise<string> =>
    Promise.resolve(
      { '/proc/net/route': ROUTES, '/sys/class/net/pods0/uevent': uevent, '/sys/class/net/pods0/type': `${type}\n` }[
        path
      ] ?? '',
    );

test('the device that the route to pods names tells the overlay', async () => {
  const pods = ['10.97.1.2', '10.97.2.2'];
  assert.equal(await overlayTo(pods, machine('DEVTYPE=vxlan\nINTERFACE=pods0\n')), 'vxlan');
  assert.equal(await overlayTo(pods, machine('DEVTYPE=wireguard\n')), 'wireguard');
  assert.equal(await overlayTo(pods, machine('INTERFACE=tunl0\n', '768')), 'ipip');
});

test('pods that are merely routed to, or by a more exact route, have none', async () => {
  assert.equal(await overlayTo(['10.97.1.2'], machine('DEVTYPE=bridge\n')), undefined);
  assert.equal(await overlayTo(['10.97.9.2'], machine('DEVTYPE=vxlan\n')), undefined);
  assert.equal(await overlayTo(['192.0.2.1', 'fd00::1'], machine('DEVTYPE=vxlan\n')), undefined);
  assert.equal(await overlayTo(['10.97.1.2'], () => Promise.resolve('')), undefined);
});
