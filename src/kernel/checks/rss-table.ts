import { interfaceOrders, interfaceQueues, NO_INTERFACE } from '../interface-queues.js';
import { type Check, type Judgement, unknown } from './check.js';

/** How often the most loaded queue may stand in the table, against an even share. */
const UNEVEN = 2;

/** The table by which a card spreads flows over its receive queues. */
export const rssTable: Check = {
  name: 'rss-table',
  about: 'whether RSS spreads flows over all receive queues',
  threshold: `notice: a queue that is not in the table, or one that is there more than ${UNEVEN} times its even share`,
  source: 'Documentation/networking/scaling.rst; ethtool -x',
  reads: interfaceOrders,
  judge: ({ before }) => {
    const interfaces = interfaceQueues(before);
    if (interfaces.length === 0) return [unknown(NO_INTERFACE)];
    return interfaces.map(({ interface: name, driver, rxQueues, rss }): Judgement => {
      const table = rss?.indirection ?? [];
      if (rxQueues < 2) return { state: 'ok', subject: name, detail: 'one queue, nothing to spread' };
      if (driver === 'veth') return { state: 'ok', subject: name, detail: 'no card: flows are hashed in software' };
      if (table.length === 0) return unknown('the driver does not tell its table', name);
      const entries = Array.from({ length: rxQueues }, (_, queue) => table.filter((entry) => entry === queue).length);
      const unused = entries.filter((count) => count === 0).length;
      const most = Math.max(...entries);
      const detail = `${rxQueues - unused} of ${rxQueues} queues in use, the largest with ${most} of ${table.length} entries`;
      const measured = { rxQueues, unused, most, entries: table.length };
      if (unused === 0 && most <= (table.length / rxQueues) * UNEVEN)
        return { state: 'ok', subject: name, detail, measured };
      const remedy = `ethtool -X ${name} equal ${rxQueues}, unless queues are kept free on purpose`;
      return { state: 'notice', subject: name, detail, measured, remedy };
    });
  },
};
