import { stringify } from 'yaml';
import { type Condition, Joined, type ObjectTemplate, type Template, ValueRef, When, YamlText } from './template.js';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type Values = Readonly<Record<string, Json>>;

/** The objects with these values in them; those whose condition does not hold are left out. */
export function resolveObjects(templates: readonly ObjectTemplate[], values: Values): Readonly<Record<string, Json>>[] {
  return templates
    .filter((template) => template.when === undefined || holds(template.when, values))
    .map(({ object }) => resolve(object, values) as Readonly<Record<string, Json>>);
}

/** undefined: nothing is to stand there. */
function resolve(template: Template, values: Values): Json | undefined {
  if (template instanceof ValueRef) {
    const found = valueAt(values, template.path);
    return isEmpty(found) ? undefined : found;
  }
  if (template instanceof Joined) {
    return template.parts.map((part) => (typeof part === 'string' ? part : text(valueAt(values, part.path)))).join('');
  }
  if (template instanceof When) {
    const found = holds(template.condition, values) ? template.then : template.otherwise;
    return found === undefined ? undefined : resolve(found, values);
  }
  if (template instanceof YamlText) return stringify(resolve(template.content, values) ?? {}, { lineWidth: 0 });
  if (Array.isArray(template)) {
    return template.flatMap((entry: Template) => {
      const found = resolve(entry, values);
      return found === undefined ? [] : [found];
    });
  }
  if (typeof template !== 'object') return template;
  const entries = Object.entries(template as Readonly<Record<string, Template | undefined>>).flatMap(
    ([key, inner]): [string, Json][] => {
      const found = inner === undefined ? undefined : resolve(inner, values);
      return found === undefined ? [] : [[key, found]];
    },
  );
  return Object.fromEntries(entries);
}

export function holds(condition: Condition, values: Values): boolean {
  switch (condition.is) {
    case 'set':
      return isTrue(valueAt(values, condition.path));
    case 'unset':
      return !isTrue(valueAt(values, condition.path));
    case 'equal':
      return valueAt(values, condition.path) === condition.to;
    case 'all':
      return condition.of.every((one) => holds(one, values));
  }
}

/** As Helm's `if` has it. */
function isTrue(found: Json): boolean {
  return found !== false && found !== 0 && !isEmpty(found);
}

function isEmpty(found: Json): boolean {
  return found === null || found === '' || (typeof found === 'object' && Object.keys(found).length === 0);
}

/** @throws Error for a path that no value has: a mistake in a template */
function valueAt(values: Values, path: string): Json {
  let found: Json = values as Json;
  for (const key of path.split('.')) {
    const inner: Json | undefined =
      typeof found === 'object' && found !== null && !Array.isArray(found)
        ? (found as Readonly<Record<string, Json>>)[key]
        : undefined;
    if (inner === undefined) throw new Error(`no value ${path}`);
    found = inner;
  }
  return found;
}

function text(found: Json): string {
  return typeof found === 'string' ? found : JSON.stringify(found);
}
