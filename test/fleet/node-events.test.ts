import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventOf, writeEvent } from '../../src/fleet/events/node-events.js';
import { ApiError } from '../../src/fleet/members/kubernetes/api-request.js';
import { withFolder } from '../recording/temporary-folder.js';
import { BAD_NODE } from './bad-node.js';

const run = { epochNs: '1795861448000000000' };

test('an Event says node, cause, doubt and what to run, and has one name for one fault', () => {
  const event = eventOf(BAD_NODE, run, 'watch-0');
  assert.deepEqual(event.involvedObject, { kind: 'Node', name: 'node-3', uid: 'node-3', apiVersion: 'v1' });
  assert.match(String(event.message), /^Some receive queues .* rx-queue, probability > 0\.999; rxray why node-3$/);
  assert.match(event.metadata.name, /^node-3\.[0-9a-f]{16}$/);
  const later = eventOf({ ...BAD_NODE, last: 599e9, incidents: 12 }, run, 'watch-1');
  assert.equal(later.metadata.name, event.metadata.name);
  assert.notEqual(eventOf({ ...BAD_NODE, cause: 'nat' }, run, 'watch-0').metadata.name, event.metadata.name);
});

test('it is created, and patched where it is there; a refusal is told', () =>
  withFolder(async (folder) => {
    const seen: string[] = [];
    let there = false;
    let mayWrite = true;
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (more: Buffer) => {
        body += more.toString();
      });
      request.on('end', () => {
        seen.push(
          `${request.method} ${request.url} ${request.headers['content-type']} ${request.headers.authorization}`,
        );
        const status = !mayWrite ? 403 : request.method === 'POST' ? (there ? 409 : 201) : 200;
        if (status === 201) there = true;
        response
          .writeHead(status, { 'content-type': 'application/json' })
          .end(status < 300 ? body : '{"message":"no"}');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, 'secret\n');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const access = { url, tokenFile, caFile: '' };
    const event = eventOf(BAD_NODE, run, 'watch-0');
    const never = new AbortController().signal;
    try {
      await writeEvent(access, event, never);
      await writeEvent(access, event, never);
      assert.deepEqual(seen, [
        'POST /api/v1/namespaces/default/events application/json Bearer secret',
        'POST /api/v1/namespaces/default/events application/json Bearer secret',
        `PATCH /api/v1/namespaces/default/events/${event.metadata.name} application/merge-patch+json Bearer secret`,
      ]);
      mayWrite = false;
      await assert.rejects(
        writeEvent(access, event, never),
        (error) => error instanceof ApiError && error.status === 403,
      );
    } finally {
      server.close();
    }
  }));
