const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Markup that was made here, as opposed to text from a recording. */
export interface Markup {
  readonly markup: string;
}

type Part = Markup | string | number | readonly (Markup | string | number)[];

/** Text as it may stand between tags and in quoted attributes. Control and direction marks become visible. */
export function escapeHtml(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}]/gu, (sign) => (sign === '\n' || sign === '\t' ? sign : '\ufffd'))
    .replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? '');
}

/** A template whose text is escaped; markup made by this function goes in as it is, lists one after the other. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let markup = strings[0] ?? '';
  for (const [index, part] of parts.entries()) markup += rendered(part) + (strings[index + 1] ?? '');
  return { markup };
}

/** What was checked by who wrote it. */
export function raw(markup: string): Markup {
  return { markup };
}

export const NOTHING: Markup = { markup: '' };

function rendered(part: Part): string {
  if (typeof part === 'string') return escapeHtml(part);
  if (typeof part === 'number') return String(part);
  if ('markup' in part) return part.markup;
  return part.map(rendered).join('');
}

/** JSON that may stand in a script element: no end tag and no comment can be in it, and no invisible sign. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029\p{Cf}]/gu, (sign) =>
    Array.from({ length: sign.length }, (_, unit) => `\\u${sign.charCodeAt(unit).toString(16).padStart(4, '0')}`).join(
      '',
    ),
  );
}
