import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** `run.rxr.gz` as the name and the ending that numbers go between: `run`, `.rxr.gz`. */
function split(file: string): [name: string, ending: string] {
  const match = /^(.*?)((?:\.[A-Za-z][A-Za-z0-9]*)*)$/.exec(basename(file));
  const [, name = '', ending = ''] = match ?? [];
  return name === '' ? [basename(file), ''] : [name, ending];
}

/** The name of a file of a recording that is cut by size: `run.0001.rxr.gz`. */
export function partName(file: string, part: number): string {
  const [name, ending] = split(file);
  return join(dirname(file), `${name}.${String(part).padStart(4, '0')}${ending}`);
}

/** Whether a file is, or would be, one of those that a recording cut by size is made of. */
export function isPartOf(file: string, candidate: string): boolean {
  const [name, ending] = split(file);
  const entry = basename(candidate);
  if (dirname(candidate) !== dirname(file) || !entry.startsWith(`${name}.`) || !entry.endsWith(ending)) return false;
  return /^\d{4,}$/.test(entry.slice(name.length + 1, entry.length - ending.length));
}

/** The files there are of a recording that was cut by size, in order. */
export function partsOf(file: string): string[] {
  const [name, ending] = split(file);
  let names: string[];
  try {
    names = readdirSync(dirname(file));
  } catch {
    return [];
  }
  const numbered = names.flatMap((entry) => {
    if (!entry.startsWith(`${name}.`) || !entry.endsWith(ending)) return [];
    const number = entry.slice(name.length + 1, entry.length - ending.length);
    return /^\d{4,}$/.test(number) ? [{ entry, number: Number(number) }] : [];
  });
  return numbered.sort((a, b) => a.number - b.number).map(({ entry }) => join(dirname(file), entry));
}
