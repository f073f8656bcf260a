/** Whether the name of a path matches one of the patterns, in which `*` stands for anything; without any it does. */
export function isWanted(name: string, only: readonly string[]): boolean {
  return only.length === 0 || only.some((pattern) => wildcard(pattern).test(name));
}

function wildcard(pattern: string): RegExp {
  return new RegExp(`^${pattern.split('*').map(literally).join('.*')}$`);
}

function literally(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
}
