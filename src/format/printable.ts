/**
 * What makes a terminal act instead of showing a character, or makes text read otherwise than it stands: controls of
 * ASCII and of ISO 6429 (C0, DEL, C1), characters that turn the direction of writing (Unicode Standard Annex 9),
 * invisible ones that hide inside a name, line and paragraph separators, and halves of a character.
 */
const ACTING =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;
const ACTING_BUT_LINES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: as above, but for the ends of lines and tabs.
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\r(?!\n)|[\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

/**
 * A name that came from outside (of a process, file, cgroup, host, far side, recording) as it may stand in a line for
 * people: whatever acts is shown as JSON writes it, `\u001b`.
 */
export function printable(name: string): string {
  return name.replace(ACTING, escaped);
}

/** The same for text of several lines that is made of such names: the last look before it goes to a terminal or file. */
export function printableLines(text: string): string {
  return text.replace(ACTING_BUT_LINES, escaped);
}

/** A value with all its texts made printable, however deep they stand. */
export function printableValue<T>(value: T): T {
  return walk(value) as T;
}

function walk(value: unknown): unknown {
  if (typeof value === 'string') return printable(value);
  if (Array.isArray(value)) return value.map(walk);
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [printable(key), walk(inner)]));
}

function escaped(character: string): string {
  let text = '';
  // A character beyond the first plane is written as its two halves, as JSON has it.
  for (let index = 0; index < character.length; index += 1) {
    text += `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
  }
  return text;
}
