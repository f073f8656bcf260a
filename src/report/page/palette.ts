const NAMES = [
  'ink',
  'dim',
  'rule',
  'usual',
  'held',
  'lost',
  'release',
  'shade',
  'own',
  'culprit',
  'threshold',
] as const;

/** Colours of the plots; the style sheet has them, for light, dark and paper. */
export type Palette = Readonly<Record<(typeof NAMES)[number], string>>;

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()])) as Palette;
}
