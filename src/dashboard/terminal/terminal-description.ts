import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import tput from 'blessed/lib/tput.js';
import { carriedFile, isSingleFile } from '../../installation/single-file.js';

/** The descriptions that are taken, of those that come with blessed. */
const DESCRIPTIONS = ['linux', 'xterm-256color'] as const;
type Description = (typeof DESCRIPTIONS)[number];

/**
 * The description of a terminal that blessed is to use, by a name of its own choice: it misreads those of the system
 * where they are in the format that ncurses has had since 2018 (numbers of 32 bits), as that of screen-256color is, and
 * then writes errors over the screen; what it is asked for here, every terminal of today does as xterm does.
 */
export function descriptionOf(term: string): Description {
  return term.startsWith('linux') ? 'linux' : 'xterm-256color';
}

/** Makes blessed read these descriptions, and no file of the system's; it would look for them in many places. */
export function useOwnDescriptions(): void {
  tput.prototype.readTerminfo = function (name) {
    const description = DESCRIPTIONS.find((known) => known === name) ?? 'xterm-256color';
    return this.parseTerminfo(bytesOf(description), description);
  };
}

function bytesOf(name: Description): Buffer {
  if (isSingleFile()) return carriedFile(`terminfo/${name}`);
  return readFileSync(createRequire(import.meta.url).resolve(`blessed/usr/${name}`));
}
