import { MINUTE, SECOND } from '../../model/time.js';
import type { Scene } from '../causes/scene.js';
import type { Judgement } from '../weigh/judgement.js';
import { lookInto, tellApart } from './tell-apart.js';

/** A longer run is worth while only when it is several times as long. */
const LONGER = 3;
const LENGTHS: readonly (readonly [ns: number, words: string])[] = [
  [5 * MINUTE, '5m'],
  [15 * MINUTE, '15m'],
  [60 * MINUTE, '1h'],
  [360 * MINUTE, '6h'],
];

/** Where all that waits goes between two addresses. */
export const TELL_ADDRESSES =
  'probe a further address on either side as well, or see whether the cards hash TCP by ports (ethtool -n DEV rx-flow-hash tcp4): all that waited goes between the same two addresses';

/** What to do or run next, the most telling first. @param seconds how long was measured */
export function nextSteps(judgement: Judgement, scene: Scene, seconds: number): string[] {
  switch (judgement.says) {
    case 'healthy':
      return [];
    case 'cause': {
      const causes = judgement.leading.shares.map(({ hypothesis }) => hypothesis);
      return unique([...apart(judgement, scene), ...lookInto(causes, scene)]);
    }
    case 'inconclusive':
      switch (judgement.why) {
        case 'no-incident-yet':
          return [`measure while the trouble is there, or longer: ${longer(seconds)}`];
        case 'requests-fail':
          return [
            'see first why they fail: whether the server runs and listens on this port (ss -ltn there), what its log says, and that the URL or the name is right',
          ];
        case 'few-incidents':
          return [`measure longer, as too few stalls came to compare paths: ${longer(seconds)}`];
        case 'unknown':
          return ['check the path that alone is hit in the hosts file: its target may be elsewhere than it says'];
        case 'hosts-file':
          return [];
        case 'divided':
          return unique([...apart(judgement, scene), `measure longer: ${longer(seconds)}`]);
        case 'alike':
          return apart(judgement, scene);
      }
  }
}

function apart({ alike }: Extract<Judgement, { alike: unknown }>, scene: Scene): string[] {
  return tellApart(unique(alike.flatMap(({ shares }) => shares.map(({ hypothesis }) => hypothesis))), scene);
}

function longer(seconds: number): string {
  const [, words] = LENGTHS.find(([ns]) => ns >= LONGER * seconds * SECOND) ?? ['', '24h'];
  return `--duration ${words}`;
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
