import { CodedError } from '../model/errors.js';
import type { ClockOffset } from './transport.js';

const ROUNDS = 8;
/** A clock that shows whole seconds only is asked until it has moved on. */
const SECONDS_ONLY_MS = 1_500;
const SECOND_NS = 1_000_000_000n;
/** The longest there is, of a kernel with HZ = 100. */
const TICK_NS = 10_000_000n;
const SHARP_NS = 5_000n;

interface Round {
  /** What the far clock showed, and the length of one step of it. */
  readonly farNs: bigint;
  readonly stepNs: bigint;
  /** At the earliest, and at the latest, by the clock here. */
  readonly askedNs: bigint;
  readonly answeredNs: bigint;
}

/**
 * The offset of a far CLOCK_REALTIME, from the round trip that took least time: the far side read its clock at some
 * instant within it, so the offset is known to half of it (RFC 5905, section 8, with one stamp for both).
 *
 * Where `date` knows no nanoseconds (busybox), the clock is asked without pause over a change of the second.
 *
 * @param ask returns what `date +%s%N` printed; undefined when there is no more connection
 * @returns undefined when there is no more connection
 * @throws CodedError E_CLOCK when what comes back is no time
 */
export async function exchangeClock(ask: () => Promise<string | undefined>): Promise<ClockOffset | undefined> {
  const clock = readRealClock();
  const round = async (): Promise<Round | undefined> => {
    const askedNs = process.hrtime.bigint() + clock.aheadNs - clock.uncertaintyNs;
    const answer = await ask();
    if (answer === undefined) return undefined;
    const [, seconds = '', fraction] = /^(\d{10})(\d{9})?/.exec(answer) ?? [];
    if (seconds === '')
      throw new CodedError(
        'E_CLOCK',
        `date printed ${JSON.stringify(answer.slice(0, 60))} there, which is no time`,
        'see what date +%s%N prints there',
        4,
      );
    const answeredNs = process.hrtime.bigint() + clock.aheadNs + clock.uncertaintyNs;
    const farNs = BigInt(seconds) * SECOND_NS + BigInt(fraction ?? 0);
    return { farNs, stepNs: fraction === undefined ? SECOND_NS : 1n, askedNs, answeredNs };
  };

  let best: ClockOffset | undefined;
  let before: Round | undefined;
  const end = performance.now() + SECONDS_ONLY_MS;
  for (let n = 0; n < ROUNDS || (before?.stepNs === SECOND_NS && performance.now() < end); n++) {
    const now = await round();
    if (now === undefined) return undefined;
    const offset = now.stepNs === 1n ? fromRound(now) : fromSecond(before, now);
    if (best === undefined || offset.uncertaintyNs < best.uncertaintyNs) best = offset;
    before = now;
  }
  return best;
}

function fromRound({ farNs, askedNs, answeredNs }: Round): ClockOffset {
  return between(farNs - answeredNs, farNs - askedNs);
}

/**
 * The second shown began at the latest when it was answered. The one before was shown when it was asked for, so the
 * change came after that; but `time()` may show a second up to a timer tick after it began (time(2), vdso(7)).
 */
function fromSecond(before: Round | undefined, now: Round): ClockOffset {
  const least = now.farNs - now.answeredNs;
  const changed = before !== undefined && now.farNs - before.farNs === SECOND_NS;
  const most = changed ? now.farNs - before.askedNs : now.farNs + SECOND_NS - now.askedNs;
  return between(least, most + TICK_NS);
}

function between(least: bigint, most: bigint): ClockOffset {
  return { offsetNs: Number((least + most) / 2n), uncertaintyNs: Number((most - least + 1n) / 2n) };
}

/** CLOCK_REALTIME minus the clock of `process.hrtime`. */
interface RealClock {
  readonly aheadNs: bigint;
  readonly uncertaintyNs: bigint;
}

/**
 * Node gives CLOCK_REALTIME in whole milliseconds only: it is taken where one of them begins, between the last look
 * that did not show it yet and the first that did.
 */
function readRealClock(): RealClock {
  let best: RealClock | undefined;
  for (let tries = 0; tries < 10 && (best === undefined || best.uncertaintyNs > SHARP_NS); tries++) {
    let beforeNs = process.hrtime.bigint();
    const first = Date.now();
    for (;;) {
      const lookNs = process.hrtime.bigint();
      const real = Date.now();
      if (real !== first) {
        const afterNs = process.hrtime.bigint();
        const aheadNs = BigInt(real) * 1_000_000n - (beforeNs + afterNs) / 2n;
        const uncertaintyNs = (afterNs - beforeNs) / 2n + 1n;
        if (best === undefined || uncertaintyNs < best.uncertaintyNs) best = { aheadNs, uncertaintyNs };
        break;
      }
      beforeNs = lookNs;
    }
  }
  return best ?? { aheadNs: 0n, uncertaintyNs: SECOND_NS };
}
