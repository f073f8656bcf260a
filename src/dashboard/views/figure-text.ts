/** `0%`, `0.0089%`, `12%`: two digits that mean something, never rounded to nothing. */
export function percentText(ratio: number): string {
  return `${Number((100 * ratio).toPrecision(2))}%`;
}

/** Never 1.00: no measurement is that sure. */
export function probabilityText(value: number): string {
  return value > 0.999 ? '>0.999' : value.toFixed(3);
}

/** `node`, `bad - client`. */
export function placeText(where: string | readonly string[] | null): string {
  if (where === null) return '';
  return typeof where === 'string' ? where : where.join(' - ');
}
