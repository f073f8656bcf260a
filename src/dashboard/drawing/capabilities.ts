import { ASCII_GLYPHS, type Glyphs, UNICODE_GLYPHS } from './glyphs.js';

/** What a terminal can show. */
export interface Capabilities {
  readonly glyphs: Glyphs;
  /** 16 colours; without them bold, underline and reverse stand for what matters. */
  readonly colour: boolean;
}

/** Terminals without cursor addressing, on which nothing can be drawn. */
const CANNOT_DRAW = new Set(['', 'dumb', 'unknown', 'emacs']);
/** The Linux console has a font of 256 or 512 characters; braille is not among them. */
const NO_BRAILLE = /^(linux|vt\d|ansi|cons25|sun)/;
const NO_COLOUR = /^vt\d|-m(ono)?$/;

/**
 * Read from the environment as other programs do: `LC_ALL`, `LC_CTYPE`, `LANG` for the character set, `NO_COLOR`
 * (https://no-color.org), `TERM`.
 *
 * @param asciiOnly the user wants plain characters whatever the terminal says
 * @returns null where the terminal cannot be drawn on
 */
export function capabilitiesOf(
  environment: Readonly<Record<string, string | undefined>>,
  asciiOnly: boolean,
): Capabilities | null {
  const term = environment.TERM ?? '';
  if (CANNOT_DRAW.has(term)) return null;
  const locale = [environment.LC_ALL, environment.LC_CTYPE, environment.LANG].find(
    (value) => value !== undefined && value !== '',
  );
  const unicode = !asciiOnly && /utf-?8/i.test(locale ?? '') && !NO_BRAILLE.test(term);
  const colour = (environment.NO_COLOR ?? '') === '' && !NO_COLOUR.test(term);
  return { glyphs: unicode ? UNICODE_GLYPHS : ASCII_GLYPHS, colour };
}
