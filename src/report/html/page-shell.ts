import { createHash } from 'node:crypto';
import { html, type Markup, raw } from './escape.js';

/** What differs between the pages that rxray makes. */
export interface Page {
  readonly title: string;
  /** What it is, beside the name of rxray: `report`. */
  readonly kind: string;
  readonly began: string;
  readonly version: string;
  /** What it was made of. */
  readonly file: string;
  readonly style: string;
  /** Before and within the header: how to get to the parts of a long page. */
  readonly skip?: Markup;
  readonly navigation?: Markup;
  readonly main: Markup;
  /** Data, as JSON that is safe within a page, and the program that draws it. */
  readonly script?: { readonly id: string; readonly data: string; readonly program: string };
}

/** One whole page, which loads nothing and sends nothing, and says so to the browser. */
export function pageShell(page: Page): string {
  const style = `\n${page.style.trim()}\n`;
  const program = page.script && `\n${page.script.program.trim().replaceAll('</script', '<\\/script')}\n`;
  const policy = [
    "default-src 'none'",
    ...(program === undefined ? [] : [`script-src '${hash(program)}'`]),
    `style-src '${hash(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="rxray ${page.version}">
<title>${page.title}</title>
<style>${raw(style)}</style>
</head>
<body>
${page.skip ?? raw('')}<header><p class="brand">rxray <span>${page.kind}</span></p>${page.navigation ?? raw('')}<p class="when">${page.began}</p></header>
<main>
${page.main}
</main>
<footer><p>${page.file} · made by rxray ${page.version} · this page loads nothing and sends nothing</p></footer>
${scriptPart(page, program)}</body>
</html>
`.markup;
}

function scriptPart({ script }: Page, program: string | undefined): Markup {
  if (script === undefined || program === undefined) return raw('');
  return html`<script type="application/json" id="${script.id}">${raw(script.data)}</script>
<script>${raw(program)}</script>
`;
}

function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
