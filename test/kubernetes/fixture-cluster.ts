import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../src/installation/package-folder.js';
import { clusterOf } from '../../src/kubernetes/cluster-of.js';
import { clusterFromTexts } from '../../src/kubernetes/read-cluster.js';
import type { Cluster } from '../../src/model/cluster.js';

export function fixturePath(name: string): string {
  return join(packageFolder(), 'test/fixtures/kubernetes', `${name}.yaml`);
}

/** A cluster of test/fixtures/kubernetes, with further objects where they are given. */
export function fixtureCluster(name: string, ...more: readonly object[]): Cluster {
  const texts = [
    { name, text: readFileSync(fixturePath(name), 'utf8') },
    { name: 'more', text: JSON.stringify({ kind: 'List', items: more }) },
  ];
  return clusterOf(clusterFromTexts(texts).objects);
}
