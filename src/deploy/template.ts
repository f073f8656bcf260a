/**
 * Objects of Kubernetes with places for values, from which both forms come that are handed out: plain objects, with the
 * values put in, for kustomize and `kubectl rxray install`; and the text of Helm's templates.
 */
export type Template =
  | string
  | number
  | boolean
  | readonly Template[]
  | { readonly [key: string]: Template | undefined }
  | ValueRef
  | Joined
  | When
  | YamlText;

/** The value at a path such as `image.tag`; an empty text, list or map leaves its key out. */
export class ValueRef {
  constructor(readonly path: string) {}
}

/** Not one of the values: where it is installed. */
export const NAMESPACE_PATH = 'release.namespace';

/** A text that values are part of. */
export class Joined {
  constructor(readonly parts: readonly (string | ValueRef)[]) {}
}

/** There only if the condition holds, or else something other: a key of a map, an entry of a list. */
export class When {
  constructor(
    readonly condition: Condition,
    readonly then: Template,
    readonly otherwise?: Template,
  ) {}
}

/** A text that is itself YAML: the file in a ConfigMap. */
export class YamlText {
  constructor(readonly content: Template) {}
}

export type Condition =
  | { readonly is: 'set'; readonly path: string }
  | { readonly is: 'unset'; readonly path: string }
  | { readonly is: 'equal'; readonly path: string; readonly to: string }
  | { readonly is: 'all'; readonly of: readonly Condition[] };

export const value = (path: string): ValueRef => new ValueRef(path);
export const joined = (...parts: (string | ValueRef)[]): Joined => new Joined(parts);
export const when = (condition: Condition, then: Template, otherwise?: Template): When =>
  new When(condition, then, otherwise);
export const set = (path: string): Condition => ({ is: 'set', path });
export const unset = (path: string): Condition => ({ is: 'unset', path });
export const equal = (path: string, to: string): Condition => ({ is: 'equal', path, to });
export const all = (...of: Condition[]): Condition => ({ is: 'all', of });

/** An object of Kubernetes as a template, and the file of the chart that it stands in. */
export interface ObjectTemplate {
  readonly file: string;
  readonly when?: Condition;
  readonly object: { readonly [key: string]: Template | undefined };
}
