import { existsSync, readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { fileURLToPath } from 'node:url';

const FRAMES = /\n\s+at (?:.*\()?(file:\/\/\S+|\/\S+?):(\d+):(\d+)\)?/g;
const OWN = /\/((?:src|dist|node_modules)\/\S+)$/;

/**
 * Where in rxray or its libraries an error was thrown: `src/stats/median.ts:12:7`, or the place in the built program
 * where its map is not there.
 *
 * @param stack of an error
 * @returns undefined where no such place is named
 */
export function sourcePlace(stack: string): string | undefined {
  for (const [, url = '', line = '', column = ''] of stack.matchAll(FRAMES)) {
    const file = url.startsWith('file:') ? fileURLToPath(url) : url;
    const own = OWN.exec(file)?.[1];
    if (own !== undefined) return originOf(file, Number(line), Number(column)) ?? `${own}:${line}:${column}`;
  }
  return undefined;
}

/** By the map beside the built program; undefined where there is none. */
function originOf(file: string, line: number, column: number): string | undefined {
  if (!existsSync(`${file}.map`)) return undefined;
  const map = new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')) as SourceMapPayload);
  const origin = map.findOrigin(line, column);
  if (!('fileName' in origin)) return undefined;
  return `${origin.fileName.replace(/^(?:\.\.\/)+/, '')}:${origin.lineNumber}:${origin.columnNumber}`;
}
