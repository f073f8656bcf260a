import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { makeScenario, parseScenario } from '../../src/engines/sim-engine.js';
import { CodedError } from '../../src/model/errors.js';

const FOLDER = 'test/fixtures/scenarios';
const MACHINES = `machines:
  shell: { address: 172.16.47.1 }
  node: { address: 172.16.47.27, queues: 4 }
vantages:
  shell: { machine: shell }
`;

function complaint(text: string): string {
  try {
    parseScenario(text, 'x.yaml');
  } catch (error) {
    assert.ok(error instanceof CodedError, String(error));
    assert.equal(error.code, 'E_SCENARIO');
    return error.message;
  }
  return 'none';
}

suite('scenario files', () => {
  for (const name of readdirSync(FOLDER))
    test(`${name} is one`, () => {
      const scenario = parseScenario(readFileSync(join(FOLDER, name), 'utf8'), name);
      assert.ok(Object.keys(scenario.vantages).length > 0);
    });

  const table: [title: string, text: string, message: RegExp][] = [
    ['broken YAML', 'seed: [1', /^x\.yaml:1: /],
    ['an alias without an anchor', 'machines: *nope\n', /^x\.yaml:1: .*nope/],
    ['a bomb of aliases', `${bomb()}machines: *g\n`, /^x\.yaml:1: Excessive alias count/],
    ['a list', '- 1\n', /^x\.yaml:1: scenario: expected object/],
    ['nothing', '', /^x\.yaml:1: scenario: expected object/],
    [
      'a name that every object has, of a machine',
      MACHINES.replace('machine: shell', 'machine: toString'),
      /vantages\.shell\.machine: expected the name of a machine \(shell, node\), got toString$/,
    ],
    [
      'the same of a pod',
      MACHINES.replace('queues: 4', 'queues: 4, nodePorts: { 30927: { pods: [constructor], port: 8080 } }'),
      /nodePorts\.30927\.pods\.0: expected the name of a pod \(none\), got constructor$/,
    ],
    [
      'a vantage called __proto__',
      `${MACHINES}  __proto__: { machine: nobody }\n`,
      /^x\.yaml:6: __proto__: expected another name$/,
    ],
    ['a key that is none', `${MACHINES}sede: 3\n`, /^x\.yaml:\d+: scenario: expected no key of the name sede$/],
    ['no machines', 'vantages: {}\n', /^x\.yaml:1: machines: expected/],
    [
      'a name for an address',
      MACHINES.replace('172.16.47.27', 'node'),
      /^x\.yaml:3: machines\.node\.address: expected a numeric/,
    ],
    [
      'an address twice',
      MACHINES.replace('.27', '.1'),
      /^x\.yaml:3: machines\.node\.address: expected an address of its own/,
    ],
    [
      'a vantage on no machine',
      MACHINES.replace('machine: shell', 'machine: shel'),
      /^x\.yaml:5: vantages\.shell\.machine: expected the name of a machine \(shell, node\), got shel$/,
    ],
    [
      'a queue beyond the last',
      fault('stage: rx-queue, queue: 4, when: [{ start: 1s, length: 1s }]'),
      /^x\.yaml:7: faults\.0\.queue: expected a queue from 0 to 3 of node, got 4$/,
    ],
    [
      'a length without a unit',
      fault('stage: host, when: [{ start: 1s, length: "100" }]'),
      /^x\.yaml:7: faults\.0\.when\.0\.length: expected a length of time with its unit/,
    ],
    [
      'a length that is no number',
      fault('stage: host, when: { period: soon, length: 1s }'),
      /faults\.0\.when\.period: expected a length of time/,
    ],
    [
      'a stage that is none',
      fault('stage: disk, when: [{ start: 1s, length: 1s }]'),
      /^x\.yaml:7: faults\.0\.stage: expected rx-queue or host/,
    ],
    [
      'a stall that is always there',
      fault('stage: host, when: always'),
      /faults\.0\.when: expected windows with an end/,
    ],
    [
      'a queue of the network',
      fault('stage: network, queue: 1, when: [{ start: 1s, length: 1s }]'),
      /queue only with the stages rx-queue, device and sender/,
    ],
    [
      'a period shorter than its length',
      fault('stage: host, when: { period: 1s, length: 2s }'),
      /^x\.yaml:7: faults\.0\.when\.period: expected a period longer/,
    ],
    [
      'a fault without a kind',
      `${MACHINES}faults:\n  - { machine: node }\n`,
      /^x\.yaml:7: faults\.0(\.kind)?: expected a fault with a kind/,
    ],
  ];
  for (const [title, text, message] of table)
    test(`${title} is refused with line, key and what was expected`, () => {
      assert.match(complaint(text), message);
    });

  test('congestion that falls faster than time passes is refused, for packets would overtake', () => {
    const text = fault('stage: host, peak: 800ms, when: [{ start: 1s, length: 1s }]').replace('stall', 'congestion');
    assert.match(complaint(text), /faults\.0\.peak: expected a peak no longer/);
  });

  test('a program may write lengths as nanoseconds', () => {
    const scenario = makeScenario({
      network: { latency: 5_000 },
      machines: { a: { address: '::1' } },
      vantages: { a: { machine: 'a' } },
    });
    assert.equal(scenario.network.latencyNs, 5_000);
  });
});

function fault(rest: string): string {
  return `${MACHINES}faults:\n  - { kind: stall, machine: node, ${rest} }\n`;
}

/** Each line nine times the one before: 9^7 values. */
function bomb(): string {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  return names
    .map(
      (name, i) =>
        `${name}: &${name} [${Array(9)
          .fill(i === 0 ? 'x' : `*${names[i - 1]}`)
          .join(', ')}]\n`,
    )
    .join('');
}
