/** Whether the name of a path matches one of the patterns, in which `*` stands for anything; without any it does. */
export function isWanted(name: string, only: readonly string[], except: readonly string[] = []): boolean {
  const matches = (pattern: string): boolean => wildcard(pattern).test(name);
  return (only.length === 0 || only.some(matches)) && !except.some(matches);
}

function wildcard(pattern: string): RegExp {
  return new RegExp(`^${pattern.split('*').map(literally).join('.*')}$`);
}

function literally(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
}
