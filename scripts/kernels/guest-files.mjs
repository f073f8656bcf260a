// What a guest left in files, and rxray's own code to read it with.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../step.mjs';

/** A module of the build, by its path below src/. */
export const ours = (path) => import(pathToFileURL(join(root, 'dist/src', path)).href);
const { FrameDecoder } = await ours('codec/frame-decoder.js');

/** Events of a helper's stream; an array, or `{ because }`. */
export function decoded(out, name) {
  const file = join(out, `${name}.frames`);
  const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  if (bytes.length === 0) return { because: firstWords(out, `${name}.err`) };
  const decoder = new FrameDecoder();
  try {
    return decoder.push(bytes);
  } catch (error) {
    return { because: error.message };
  }
}

export function json(out, name) {
  try {
    return JSON.parse(readText(out, name) ?? '');
  } catch {
    return undefined;
  }
}

export function readText(out, name) {
  const file = join(out, name);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** The first line that a program wrote, of those that speak of something where that is asked for. */
export function firstWords(out, name, about = '') {
  const lines = (readText(out, name) ?? '').split('\n').filter((line) => line.trim() !== '');
  return lines.find((line) => line.includes(about)) ?? lines[0] ?? 'it wrote nothing';
}
