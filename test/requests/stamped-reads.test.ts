import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { suite, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { StampedReads } from '../../src/engines/request/stamped-reads.js';

/** A connection of which the test says what is read, and when. */
function reading(workNs = 0) {
  const clock = { ns: 0, nowNs: () => clock.ns };
  const reads = new StampedReads(clock);
  const seen: string[] = [];
  const connect = (name: string): Socket => {
    const socket = reads.stamp(new Socket());
    const tell = (what: string): void => {
      seen.push(`${name} ${what} of ${reads.lastOf(socket)?.atNs} at ${clock.ns}`);
      clock.ns += workNs;
    };
    return socket
      .on('data', (chunk: Buffer) => tell(String(chunk)))
      .on('end', () => tell('end'))
      .on('error', () => tell('error'));
  };
  return { clock, reads, seen, connect };
}

suite('what connections read is stamped before anything is made of it', () => {
  test('answers that are there at once have the time at which they were there, however long each takes', async () => {
    const { clock, seen, connect } = reading(1_000);
    const [a, b] = [connect('a'), connect('b')];
    for (const socket of [a, b]) {
      clock.ns += 1;
      socket.push(Buffer.from('answer'));
    }
    for (let i = 0; i < 3; i += 1) await turn();
    assert.deepEqual(seen, ['a answer of 1 at 2', 'b answer of 2 at 1002']);
  });

  test('between two answers the loop turns', async () => {
    const { seen, connect } = reading();
    const sockets = ['a', 'b', 'c'].map(connect);
    for (const socket of sockets) socket.push(Buffer.from('answer'));
    const counts: number[] = [];
    for (let i = 0; i < 4; i += 1) {
      counts.push(seen.length);
      await turn();
    }
    assert.deepEqual(counts, [0, 1, 2, 3]);
  });

  test('parts of one answer and its end keep their order', async () => {
    const { clock, seen, connect } = reading();
    const socket = connect('a');
    for (const part of [Buffer.from('one'), Buffer.from('two'), null]) {
      clock.ns += 1;
      socket.push(part);
    }
    for (let i = 0; i < 5; i += 1) await turn();
    assert.deepEqual(seen, ['a one of 1 at 3', 'a two of 2 at 3', 'a end of 3 at 3']);
  });

  test('what had been read when the connection was cut off is delivered before that', async () => {
    const { seen, connect } = reading();
    const socket = connect('a');
    socket.push(Buffer.from('answer'));
    socket.destroy(new Error('reset'));
    await turn();
    assert.deepEqual(seen, ['a answer of 0 at 0', 'a error of 0 at 0']);
  });

  test('a connection that has read much ahead is told to wait, and others are not', async () => {
    const { connect } = reading();
    const [a, b] = [connect('a'), connect('b')];
    assert.deepEqual([a.push(Buffer.alloc(200_000)), a.push(Buffer.alloc(200_000))], [true, false]);
    assert.equal(b.push(Buffer.alloc(10)), true);
    for (let i = 0; i < 4; i += 1) await turn();
    assert.equal(a.push(Buffer.alloc(10)), true);
  });

  test('nothing is delivered behind the end of the run', async () => {
    const { reads, seen, connect } = reading();
    connect('a').push(Buffer.from('answer'));
    reads.close();
    await turn();
    assert.deepEqual(seen, []);
  });
});
