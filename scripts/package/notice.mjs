// Whose work is in an artifact beside rxray's own, with the licences it is given under.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../step.mjs';
import { LIBRARIES } from './helpers.mjs';

/** @param sections `[title, text]` */
export function notice(sections) {
  const head = `rxray is given under the MIT licence (see LICENSE). With it comes the work of others:\n`;
  const rule = '='.repeat(100);
  return [head, ...sections.map(([title, text]) => `${rule}\n${title}\n${rule}\n\n${text.trimEnd()}\n`)].join('\n');
}

export function npmNotices(folders) {
  return folders.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const file = readdirSync(join(root, folder)).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
    const text = file === undefined ? `Licence: ${license}` : readFileSync(join(root, folder, file), 'utf8');
    return [`${name} ${version}`, text];
  });
}

/** The libraries that are linked into the helpers; their sources are Debian's. */
export function libraryNotices() {
  return LIBRARIES.map(({ name, debian, licence }) => {
    const file = `/usr/share/doc/${debian}/copyright`;
    const how = `Linked statically into the helpers, under: ${licence}. The sources of the helpers are those of rxray (folder native); make -C native links them with another version of the library.`;
    return [`${name} (Debian package ${debian})`, existsSync(file) ? `${how}\n\n${readFileSync(file, 'utf8')}` : how];
  });
}

export function nodeNotice(node, folder) {
  return [`Node.js ${node}`, readFileSync(join(folder, 'LICENSE'), 'utf8')];
}
