import type { Account } from './weigh.js';

/** `ipip+nat` for two. */
export function causeName({ shares }: Pick<Account, 'shares'>): string {
  return shares
    .map(({ hypothesis }) => hypothesis.cause)
    .sort()
    .join('+');
}

/** Whether an account has all the causes of another, and one more. */
export function addsTo({ shares }: Account, other: Account): boolean {
  const own = new Set(shares.map(({ hypothesis }) => hypothesis.cause));
  return shares.length > other.shares.length && other.shares.every(({ hypothesis }) => own.has(hypothesis.cause));
}
