/** Orders wanted by several; an order that one of them wants twice stands there twice, not once for each. */
export function mergedOrders(lists: readonly (readonly string[])[]): string[] {
  const times = new Map<string, number>();
  for (const list of lists) {
    for (const [order, count] of counted(list)) times.set(order, Math.max(times.get(order) ?? 0, count));
  }
  return [...times].flatMap(([order, count]) => Array<string>(count).fill(order));
}

/** What is wanted beyond what was given, which counts it as given. */
export function takeNewOrders(wanted: readonly string[], given: Map<string, number>): string[] {
  return [...counted(wanted)].flatMap(([order, count]) => {
    const missing = count - (given.get(order) ?? 0);
    if (missing <= 0) return [];
    given.set(order, count);
    return Array<string>(missing).fill(order);
  });
}

function counted(orders: readonly string[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const order of orders) times.set(order, (times.get(order) ?? 0) + 1);
  return times;
}
