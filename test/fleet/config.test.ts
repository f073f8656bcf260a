import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { nodeOf } from '../../src/fleet/config/agent-config.js';
import { AGENT_EXAMPLE, MEMBERS_EXAMPLE } from '../../src/fleet/config/agent-example.js';
import { checkConfigText, parseConfig } from '../../src/fleet/config/read-config.js';
import { checkMembersText } from '../../src/fleet/members/static-file.js';

const MEMBERS = 'members: { file: m.yaml }\n';

suite('agent.yaml', () => {
  test('the example says what is the default anyway', () => {
    const { problems, config } = checkConfigText(AGENT_EXAMPLE);
    assert.deepEqual(problems, []);
    const { keys, inbound, ...rest } = config ?? {};
    assert.deepEqual(rest, parseConfig('members: { file: members.yaml }', 'x'));
    assert.deepEqual([keys, inbound], [{ secretFile: '/etc/rxray/fleet.key' }, {}]);
  });

  for (const [text, line, key, message] of [
    ['', 1, 'members', /missing: a map/],
    ['nod: a\n', 1, 'nod', /unknown key; node\?/],
    [`${MEMBERS}probe:\n  interval: 40\n`, 3, 'probe.interval', /40 is not a text/],
    [`${MEMBERS}probe:\n  interval: 1ms\n`, 3, 'probe.interval', /"1ms" is not a length from 10ms to 60s/],
    [`${MEMBERS}probe:\n  kinds: [node, pods]\n`, 3, 'probe.kinds.1', /"pods": one of node, pod, nodeport/],
    [`${MEMBERS}probe: { sourcePorts: [1, 70000] }\n`, 2, 'probe.sourcePorts.1', /1 to 65535/],
    [`${MEMBERS}ring: { neighbours: 11 }\n`, 2, 'ring.neighbours', /11 is more than 10/],
    [`${MEMBERS}recorder: { memory: 12 }\n`, 2, 'recorder.memory', /12 is not a text/],
    [`${MEMBERS}recorder: { memory: 12kB }\n`, 2, 'recorder.memory', /a size such as 64MiB/],
    [`${MEMBERS}listen: { address: "localhost:1" }\n`, 2, 'listen.address', /a numeric address with a port/],
    [`${MEMBERS}keys: {}\n`, 2, 'keys', /exactly one of secretFile and privateKeyFile/],
    [`${MEMBERS}node: "a b"\n`, 2, 'node', /the name of a node/],
    ['members: { file: a, dns: { names: [b] } }\n', 1, 'members', /exactly one of/],
    ['members: [\n', 2, '', /Flow sequence/],
    ['just words\n', 1, '', /is not a map/],
  ] as const) {
    test(JSON.stringify(text), () => {
      const { problems } = checkConfigText(text);
      assert.ok(
        problems.some((problem) => problem.line === line && problem.key === key && message.test(problem.message)),
        JSON.stringify(problems),
      );
    });
  }

  test('options of the command line go before the file', () => {
    const config = parseConfig('node: a\nmembers: { dns: { names: [x] } }', 'f', {
      node: 'b',
      members: 'm',
      listen: '[::1]:1',
    });
    assert.deepEqual(
      [config.node, config.members.file, config.members.dns, config.listen.address],
      ['b', 'm', undefined, '[::1]:1'],
    );
  });

  test('a node is named by the file, its surroundings, or the host', () => {
    assert.equal(nodeOf({ node: 'a' }, { NODE_NAME: 'b' }), 'a');
    assert.equal(nodeOf({}, { NODE_NAME: 'b' }), 'b');
    assert.notEqual(nodeOf({}, { NODE_NAME: '' }), '');
  });

  test('no text of any kind does more than be refused', () => {
    let seed = 99;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return seed % below;
    };
    for (let round = 0; round < 400; round += 1) {
      const letters = [...(round % 2 === 0 ? AGENT_EXAMPLE : MEMBERS_EXAMPLE)];
      for (let i = 0; i < 1 + random(12); i += 1)
        letters[random(letters.length)] = String.fromCharCode(random(round % 3 === 0 ? 128 : 0x300));
      const text = letters.slice(0, 1 + random(letters.length)).join('');
      for (const { line, message } of [...checkConfigText(text).problems, ...checkMembersText(text).problems]) {
        assert.ok(line >= 1 && message !== '');
      }
    }
  });
});

suite('a file of members', () => {
  test('the example is understood', () => {
    const { problems, members } = checkMembersText(MEMBERS_EXAMPLE);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      members.map(({ name, zone, ready }) => [name, zone, ready]),
      [
        ['node-1', undefined, true],
        ['node-2', 'eu-1a', true],
        ['node-3', 'eu-1b', false],
      ],
    );
    assert.deepEqual(members[0]?.addresses, { node: { address: '10.0.0.1' } });
    assert.deepEqual(members[2]?.addresses.nodeport, { address: '10.0.0.3', port: 30927 });
  });

  for (const [text, expected] of [
    ['members:\n  a: { node: example.org }\n', /^2 members\.a\.node: .*neither a numeric address/],
    ['members:\n  a: { node: 10.0.0.1, zon: x }\n', /^2 members\.a\.zon: unknown key; zone\?/],
    ['members:\n  a: { key: short }\n', /^2 members\.a\.key: .*32 bytes/],
    ['members:\n  a>b: {}\n', /^2 members\.a>b/],
    ['{}\n', /^1 members: missing/],
  ] as const) {
    test(JSON.stringify(text), () => {
      const [problem] = checkMembersText(text).problems;
      assert.match(`${problem?.line} ${problem?.key}: ${problem?.message}`, expected);
    });
  }
});
