/** What a file of /proc/net/stat says: a line of names, then one of hexadecimal numbers for each CPU. */
export interface PerCpuTable {
  /** Sums over the CPUs by the names of the first line, as kernels differ in the columns. */
  readonly totals: ReadonlyMap<string, number>;
  /** The first line of numbers, for what stands in each of them anew. */
  readonly first: ReadonlyMap<string, number>;
}

export function perCpuTable(text: string): PerCpuTable {
  const [head = '', ...lines] = text.trim().split('\n');
  const names = head.trim().split(/\s+/);
  const rows = lines.map((line) => line.trim().split(/\s+/));
  const at = (row: readonly string[] | undefined, index: number): number => Number.parseInt(row?.[index] ?? '0', 16);
  return {
    totals: new Map(names.map((name, index) => [name, rows.reduce((sum, row) => sum + at(row, index), 0)])),
    first: new Map(names.map((name, index) => [name, at(rows[0], index)])),
  };
}
