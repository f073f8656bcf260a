/**
 * What to run about a node: printed, never run. Names come from labels, so they are quoted for a shell unless they are
 * names as Kubernetes has them.
 */
export function nodeLines(node: string): string[] {
  const word = /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(node) ? node : `'${node.replaceAll("'", `'\\''`)}'`;
  return [
    `rxray why ${word}`,
    `kubectl cordon ${word}`,
    `kubectl drain ${word} --ignore-daemonsets --delete-emptydir-data`,
  ];
}
