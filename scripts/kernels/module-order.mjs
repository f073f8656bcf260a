// In which order modules are loaded; without depmod, whose table Debian makes only where a kernel is installed.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { xzDecompress } from './xz.mjs';

/**
 * @param folder lib/modules/RELEASE
 * @param names wanted modules; what the kernel has built in, or not at all, is left out
 * @returns their files and those that they depend on, each after what it needs
 */
export function moduleOrder(folder, names) {
  if (names.length === 0) return [];
  const files = new Map();
  for (const entry of readdirSync(join(folder, 'kernel'), { recursive: true })) {
    const [, name] = /([^/]+)\.ko(?:\.xz)?$/.exec(entry) ?? [];
    if (name !== undefined) files.set(canonical(name), join(folder, 'kernel', entry));
  }
  const order = [];
  const seen = new Set();
  const visit = (name) => {
    const file = files.get(canonical(name));
    if (file === undefined || seen.has(file)) return;
    seen.add(file);
    for (const dependency of dependenciesOf(file)) visit(dependency);
    order.push(file);
  };
  for (const name of names) visit(name);
  return order;
}

const canonical = (name) => basename(name).replaceAll('-', '_');

/** What a module names in itself, those it wishes to have before it included. */
function dependenciesOf(file) {
  const text = (file.endsWith('.xz') ? xzDecompress(file) : readFileSync(file)).toString('latin1');
  const depends = /\0depends=([^\0]*)\0/.exec(text)?.[1] ?? '';
  const soft = [...text.matchAll(/\0softdep=pre: ([^\0]*)\0/g)].flatMap(([, words]) => words.split(' '));
  return [...depends.split(','), ...soft].filter((name) => name !== '' && name !== 'post:');
}
