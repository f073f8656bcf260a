/** Escape sequences of a terminal: CSI, OSC, and the short ones. ECMA-48. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is they that are taken out
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_=>])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is they that are taken out
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f]/g;
const BLANKS = /[\u00a0\u2007\u202f\u3000\t]/g;
/** Marks of a quotation in a mail or in Markdown, however deep; and the indentation of code. */
const QUOTED = /^\s*(?:[>|│]\s?)+/;
const NUMBERED = /^\s*\d{1,6}\t(?=\S)/;

/**
 * A pasted text as the lines that the tool once printed: without quotation marks, indentation, fences, colours and what
 * else a mail, a web page or a terminal put around them.
 */
export function textLines(text: string): string[] {
  return text.split(/\r\n|\n|\r/).map((line) => cleaned(line));
}

function cleaned(line: string): string {
  let text = line;
  if (text.includes('\u001b')) text = text.replace(ESCAPES, '');
  text = text.replace(NUMBERED, '').replace(BLANKS, ' ').replace(CONTROLS, '');
  if (text.includes('&')) text = text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');
  // A shell's continuation and a JSON document begin like no quotation.
  text = text.replace(QUOTED, '').trim();
  return /^(?:`{3,}|~{3,})\w*$/.test(text) ? '' : text;
}
