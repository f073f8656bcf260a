/** What a text says of itself at its end. */
export interface OwnCounts {
  readonly sent: number;
  readonly received: number;
  /** How long it measured, by its own word. */
  readonly timeNs: number | null;
}

const PERCENT = /(?:^|[^\d.,])(\d{1,3}(?:[.,]\d+)?)\s?%/;
const ENGLISH = /(\d+) packets transmitted, (\d+) (?:packets )?received/;
const TIME = /(\d+)\s?(?:ms|毫秒|ミリ秒|мс)\s*$/;

/**
 * The line of counts in whatever language: sent, received, and a percentage that follows from the two. That it does
 * follow is what tells such a line from any other with numbers.
 */
export function readCounts(line: string): OwnCounts | null {
  const english = ENGLISH.exec(line);
  if (english !== null && Number(english[2]) <= Number(english[1])) {
    const time = TIME.exec(line);
    const timeNs = time === null ? null : Number(time[1]) * 1e6;
    return { sent: Number(english[1]), received: Number(english[2]), timeNs };
  }
  const percent = PERCENT.exec(line);
  if (percent === null) return null;
  const before = line.slice(0, percent.index + 1).replace(/\+\s?\d+\s?[^\d,，]*[,，]/g, '');
  const numbers = [...before.matchAll(/(?<![.\d])\d+(?![.\d])/g)].map(([digits]) => Number(digits));
  const said = Number((percent[1] ?? '').replace(',', '.'));
  for (const [sent, received] of pairs(numbers)) {
    if (sent < received) continue;
    const lost = sent === 0 ? 0 : (100 * (sent - received)) / sent;
    // Rounded either way by some, and to whole per cent by most.
    if (Math.abs(lost - said) <= 1) {
      const time = TIME.exec(line);
      return { sent, received, timeNs: time === null ? null : Number(time[1]) * 1e6 };
    }
  }
  return null;
}

/** Neighbours, as they stand and the other way round (received 3 of 4). */
function* pairs(numbers: readonly number[]): Generator<[number, number]> {
  for (const [i, one] of numbers.entries()) {
    const other = numbers[i + 1];
    if (other === undefined) continue;
    yield [one, other];
    yield [other, one];
  }
}
