import { PIECE_SLACK_NS } from './incident-groups.js';
import { isLittleLoss, type Observation } from './observation.js';

/** Without single losses, and without what is a piece of congestion: in a full buffer RTT may fall as after a stall. */
export function tellingKinds(incidents: readonly Observation[]): Observation[] {
  const congested = incidents.filter(({ kind }) => kind === 'congestion');
  const isPiece = ({ kind, startMaxNs, releaseNs }: Observation): boolean =>
    kind !== 'congestion' &&
    congested.some(
      (whole) => startMaxNs >= whole.startMaxNs - PIECE_SLACK_NS && releaseNs <= whole.releaseNs + PIECE_SLACK_NS,
    );
  return incidents.filter((incident) => !isLittleLoss(incident) && !isPiece(incident));
}
