import {
  type Condition,
  Joined,
  NAMESPACE_PATH,
  type ObjectTemplate,
  type Template,
  ValueRef,
  When,
  YamlText,
} from './template.js';
import { declaredDefault, isListOrMap } from './values.js';

/** The text of a file of Helm's templates. */
export function helmText(templates: readonly ObjectTemplate[]): string {
  return templates
    .map((template) => {
      const body = ['---', ...mapLines(template.object, 0)].join('\n');
      return template.when === undefined
        ? `${body}\n`
        : `{{- if ${conditionText(template.when)} }}\n${body}\n{{- end }}\n`;
    })
    .join('');
}

type Entries = Readonly<Record<string, Template | undefined>>;

function mapLines(map: Entries, depth: number): string[] {
  return Object.entries(map).flatMap(([key, inner]) => (inner === undefined ? [] : entryLines(key, inner, depth)));
}

function entryLines(key: string, template: Template, depth: number): string[] {
  const pad = ' '.repeat(depth);
  const name = /^[\w./-]+$/.test(key) ? key : JSON.stringify(key);
  if (template instanceof When) {
    return choiceLines(template, (one) => entryLines(key, one, depth));
  }
  if (template instanceof ValueRef) {
    const reference = referenceTo(template);
    if (template.path === NAMESPACE_PATH) return [`${pad}${name}: {{ ${reference} }}`];
    if (isListOrMap(template.path)) {
      return [
        `{{- with ${reference} }}`,
        `${pad}${name}:`,
        `${pad}  {{- toYaml . | nindent ${depth + 2} }}`,
        '{{- end }}',
      ];
    }
    if (typeof declaredDefault(template.path) === 'string') {
      return [`{{- with ${reference} }}`, `${pad}${name}: {{ . | toJson }}`, '{{- end }}'];
    }
    return [`${pad}${name}: {{ ${reference} | toJson }}`];
  }
  if (template instanceof YamlText) {
    return [`${pad}${name}: |`, ...mapLines(template.content as Entries, depth + 2)];
  }
  if (Array.isArray(template)) {
    if (template.length === 0) return [`${pad}${name}: []`];
    return [`${pad}${name}:`, ...template.flatMap((entry: Template) => itemLines(entry, depth + 2))];
  }
  if (isMap(template)) {
    return Object.keys(template).length === 0
      ? [`${pad}${name}: {}`]
      : [`${pad}${name}:`, ...mapLines(template, depth + 2)];
  }
  return [`${pad}${name}: ${scalarText(template)}`];
}

function itemLines(template: Template, depth: number): string[] {
  const pad = ' '.repeat(depth);
  if (template instanceof When) {
    return choiceLines(template, (one) => itemLines(one, depth));
  }
  if (!isMap(template)) return [`${pad}- ${scalarText(template)}`];
  const lines = mapLines(template, depth + 2);
  if (lines.length === 0) return [`${pad}- {}`];
  // The first key of an entry has to stand in any case, or there would be nothing to hang the dash on.
  const [first = '', ...others] = lines;
  if (first.startsWith('{{')) throw new Error(`an entry of a list begins with something optional: ${first}`);
  return [`${pad}- ${first.trimStart()}`, ...others];
}

function choiceLines({ condition, then, otherwise }: When, lines: (of: Template) => string[]): string[] {
  const other = otherwise === undefined ? [] : ['{{- else }}', ...lines(otherwise)];
  return [`{{- if ${conditionText(condition)} }}`, ...lines(then), ...other, '{{- end }}'];
}

function scalarText(template: Template): string {
  if (template instanceof ValueRef) return `{{ ${referenceTo(template)} | toJson }}`;
  if (template instanceof Joined) {
    const parts = template.parts.map((part) => (typeof part === 'string' ? part : `{{ ${referenceTo(part)} }}`));
    return `"${parts.join('')}"`;
  }
  if (typeof template === 'string')
    return /^[A-Za-z/][\w./-]*$/.test(template) && !isWord(template) ? template : JSON.stringify(template);
  return String(template);
}

/** Words that YAML takes for something else than a text. */
function isWord(text: string): boolean {
  return /^(true|false|yes|no|on|off|null|y|n)$/i.test(text);
}

function conditionText(condition: Condition): string {
  switch (condition.is) {
    case 'set':
      return `.Values.${condition.path}`;
    case 'unset':
      return `not .Values.${condition.path}`;
    case 'equal':
      return `eq .Values.${condition.path} ${JSON.stringify(condition.to)}`;
    case 'all':
      return `and ${condition.of.map((one) => `(${conditionText(one)})`).join(' ')}`;
  }
}

function isMap(template: Template): template is Entries {
  return (
    typeof template === 'object' &&
    !Array.isArray(template) &&
    !(
      template instanceof ValueRef ||
      template instanceof Joined ||
      template instanceof When ||
      template instanceof YamlText
    )
  );
}

function referenceTo({ path }: ValueRef): string {
  return path === NAMESPACE_PATH ? '.Release.Namespace' : `.Values.${path}`;
}
