import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { identifiability } from '../../src/bisect/words/identifiability.js';
import { measuredPaths } from '../../src/hosts/measured-paths.js';
import { LAB_HOSTS } from './sim-cluster.js';

const ALL = measuredPaths(LAB_HOSTS).map(({ measured }) => measured);
const VANTAGES = [
  { name: 'shell', overlay: false },
  { name: 'client', overlay: true, machine: 'node-remote' },
  { name: 'bad', overlay: true, machine: 'node' },
];
const TARGETS = [
  { name: 'node', kind: 'node' as const },
  { name: 'external', kind: 'external' as const },
];

suite('what paths can tell before anything is sent', () => {
  test('the matrix says on which leg a path crosses a stage', () => {
    const { stages, matrix } = identifiability(ALL, VANTAGES, TARGETS);
    const cell = (path: string, stage: string) =>
      matrix[ALL.findIndex(({ name }) => name === path)]?.[stages.indexOf(stage)] ?? null;
    assert.equal(cell('shell>nodeport/syn', 'nat@node'), 'both');
    assert.equal(cell('shell>nodeport/syn', 'rx-queue@node'), 'out');
    assert.equal(cell('bad>external/icmp', 'rx-queue@node'), 'back');
    assert.equal(cell('shell>node/icmp', 'ipip@node+node-remote'), null);
  });

  test('with all paths of the lab only a host and the last stretch of its network look the same', () => {
    const { indistinguishable } = identifiability(ALL, VANTAGES, TARGETS);
    for (const group of indistinguishable) {
      const machines = group.map((label) => label.split('@')[1]);
      assert.ok(
        new Set(machines).size === 1 || group.every((label) => /network|sender|external/.test(label)),
        `${group}`,
      );
    }
    assert.ok(indistinguishable.some((group) => group.includes('host@node') && group.includes('network@node')));
  });

  test('one vantage, one target: the sides look the same, and it says what to add', () => {
    const paths = ALL.filter(({ name }) => name.startsWith('shell>node/'));
    const { indistinguishable, suggestions } = identifiability(paths, VANTAGES, TARGETS);
    const group = indistinguishable.find((labels) => labels.includes('sender@shell'));
    assert.ok(group?.includes('host@node'), `${group}`);
    assert.match(suggestions.join('\n'), /let client probe the same targets/);
    assert.match(suggestions.join('\n'), /probe external from shell/);
  });

  test('a NodePort alone: translation and pod look the same; the pod address would tell', () => {
    const paths = ALL.filter(({ name }) => /(shell|client)>(node|nodeport)\//.test(name));
    const { indistinguishable, suggestions } = identifiability(paths, VANTAGES, TARGETS);
    assert.ok(indistinguishable.some((group) => group.includes('nat@node') && group.includes('pod@node')));
    assert.match(suggestions.join('\n'), /probe the pod address/);
  });
});
