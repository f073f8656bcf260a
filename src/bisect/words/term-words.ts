import type { Term } from '../../model/verdict.js';
import { type Hypothesis, type Reach, usualReach } from '../causes/hypothesis.js';
import { type CpuView, cpuView } from '../evidence/cpu-view.js';
import { isHit, type Observation } from '../evidence/observation.js';
import { echoFits, NO_PROFILES, partedBy } from '../evidence/parted-flows.js';
import { times } from '../paths/path-words.js';
import { type Case, countOf } from '../weigh/case.js';
import type { IncidentScores } from '../weigh/incident-scores.js';
import { partsByPath } from '../weigh/part-likelihood.js';
import { type Share, scoreShare } from '../weigh/share.js';
import { echoBeside } from '../weigh/signatures.js';
import type { Account } from '../weigh/weigh.js';
import { accountText } from './machine-account-words.js';

/** A term that is told: a factor of more than 2. */
const TOLD = Math.LN2;

export interface WeighedTerm {
  readonly words: string;
  /** Whether that is not what the other cause would show; where it is, only how often speaks for or against it. */
  readonly refutes: boolean;
  /** log of the factor in favour of the leading account. */
  readonly weight: number;
}

type Signature = 'parting' | 'order' | 'kinds' | 'parts' | 'arrivals' | 'account' | 'cpus';

/** Most paths tell nothing: for the words of one all incidents are gone through. */
interface Unsaid extends Pick<WeighedTerm, 'weight'> {
  readonly say: () => Omit<WeighedTerm, 'weight'>;
}

/** Every term that speaks for the leading account against another cause, or against it, the weightiest first. */
export function compare(known: Case, leading: Account, other: Hypothesis): WeighedTerm[] {
  const incidents = leading.shares.flatMap((share) => share.incidents);
  const own = incidents.map((incident) => known.incidents[incident] as Observation);
  const theirs = scoreShare(known, other, incidents);
  const terms: Unsaid[] = known.topology.paths.map((path, index) => ({
    weight: sumOf(leading, (share) => share.byPath[index] ?? 0) - (theirs.byPath[index] ?? 0),
    say: () => pathWords(known, own, index, path.name, other, leading),
  }));
  const signature = (part: Signature, words: () => string): void => {
    const weight = sumOf(leading, (share) => share[part]) - theirs[part];
    terms.push({ weight, say: () => ({ words: words(), refutes: true }) });
  };
  signature('parting', () => partingWords(known, own, other));
  signature('order', () => orderWords(own, other));
  signature('kinds', () => kindWords(own, other));
  signature('parts', () => partWords(known, incidents, other));
  signature('arrivals', () => arrivalWords(own, other));
  signature('account', () => accountWords(known, leading, other));
  signature('cpus', () => cpuWords(known, own, other));
  return terms
    .filter(({ weight }) => Math.abs(weight) > TOLD)
    .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight))
    .map(({ weight, say }) => ({ ...say(), weight }));
}

export function toTerm(term: WeighedTerm, leading: string, other: string): Term {
  const forLeading = term.weight >= 0;
  return {
    words: term.words,
    cause: forLeading ? leading : other,
    against: forLeading ? other : leading,
    factor: Number(Math.exp(Math.min(Math.abs(term.weight), 60)).toPrecision(3)),
  };
}

function sumOf(account: Account, part: (share: Share) => number): number {
  return account.shares.reduce((sum, share) => sum + part(share), 0);
}

function pathWords(
  known: Case,
  own: readonly Observation[],
  path: number,
  name: string,
  other: Hypothesis,
  leading: Account,
): Pick<WeighedTerm, 'words' | 'refutes'> {
  const { hit, clean } = countOf(own, path);
  const partial = own.filter(({ paths }) => isHit(paths[path]) && (paths[path]?.clean.length ?? 0) > 0).length;
  const reach = reachOf(other, path);
  const what = other.words;
  const all = times(hit + clean);
  const against = (words: string) => ({ words, refutes: true });
  const alike = (words: string) => ({ words, refutes: false });
  switch (reach) {
    case 'all':
      if (partial > 0) {
        return against(`only some flows of ${name} waited in ${times(partial)}; if ${what}, all of them do`);
      }
      return clean >= hit
        ? against(`${name} passed in ${clean} of ${all}; if ${what}, it waits too`)
        : alike(`${name} waited in ${hit} of ${all}, as it does if ${what}`);
    case 'by-flow':
      if (known.topology.paths[path]?.flows === 1 || hit === 0)
        return hit === 0
          ? against(`${name} passed in ${clean} of ${all}; if ${what}, it waits where it hashes onto the queue`)
          : alike(`${name} waited in ${hit} of ${all}; if ${what}, that takes its hash to fall onto the queue`);
      return partial > 0
        ? alike(`some flows of ${name} waited and others passed, as they do if ${what}`)
        : against(`all flows of ${name} waited together; if ${what}, those on other queues pass`);
    case 'new':
      return against(`${name}: new and known source ports fared alike or not, against what is expected if ${what}`);
    case 'some':
    case 'drawn':
    case 'any':
      return alike(
        `${name} ${hit === 0 ? `passed in ${all}` : `waited in ${hit} of ${all}`}, which it may do if ${what}`,
      );
    case 'none': {
      if (hit === 0) return alike(`${name} passed in ${all}, which it does if ${what}`);
      const leads = leading.shares.some(({ hypothesis }) => reachOf(hypothesis, path) !== 'none');
      return leads
        ? against(`${name} waited in ${hit} of ${all}; it would not if ${what}`)
        : alike(`${name} waited in ${hit} of ${all}, which neither explains`);
    }
  }
}

function reachOf(hypothesis: Hypothesis, path: number): Reach {
  return usualReach(hypothesis)[path] ?? 'none';
}

function partingWords(known: Case, own: readonly Observation[], other: Hypothesis): string {
  const { topology, profiles } = known;
  const parted = topology.paths.flatMap(({ name }, path) => {
    const by = partedBy(profiles[path] ?? NO_PROFILES, own, path);
    if (by === null) return [];
    const echo = echoFits(profiles, own, path, echoBeside(topology, path));
    const fared = echo === null ? '' : `, and echo requests fare ${echo ? 'as their own way says' : 'against it'}`;
    return [`the flows of ${name} that wait have another ${by === 'ttl' ? 'reply TTL' : 'least RTT'}${fared}`];
  });
  return parted.length === 0
    ? `nothing tells the ways of flows that wait from those that pass, as it might if ${other.words}`
    : `${parted.join('; ')}, which does not fit if ${other.words}`;
}

function orderWords(own: readonly Observation[], other: Hypothesis): string {
  const byFlow = own.reduce((sum, incident) => sum + incident.byFlow, 0);
  const fifo = own.reduce((sum, incident) => sum + incident.fifo, 0);
  return byFlow > fifo
    ? `held probes came out in batches by flow (${byFlow} times, ${fifo} times in order); if ${other.words}, they come out in the order of sending`
    : `held probes came out in the order of sending across flows (${fifo} times, ${byFlow} times not); if ${other.words}, several queues would come out in turn`;
}

const KIND_WORDS: Readonly<Record<Observation['kind'], string>> = {
  stall: 'stalls',
  'slow-drain': 'slow drains',
  congestion: 'ramps of congestion',
  loss: 'losses',
};

function kindWords(own: readonly Observation[], other: Hypothesis): string {
  const kinds = [...new Set(own.map(({ kind }) => KIND_WORDS[kind]))].join(' and ');
  return `${kinds} were seen and little else, which is unusual if ${other.words}`;
}

function partWords(known: Case, incidents: readonly number[], other: Hypothesis): string {
  const parts = partsByPath(incidents.map((incident) => known.scores[incident] as IncidentScores));
  const said = parts.map(({ path, connect, answer }) => {
    const of = `${connect === 0 ? 'none' : connect} of ${connect + answer} requests that waited on ${known.topology.paths[path]?.name}`;
    return `${of} did so while connecting`;
  });
  return other.holdsAnswers === true
    ? `${said.join('; ')}, which the kernel sees to: it would not wait if ${other.words}`
    : `${said.join('; ')}; if ${other.words}, some do`;
}

function arrivalWords(own: readonly Observation[], other: Hypothesis): string {
  const arrivals = own.flatMap(({ local }) => local.filter((piece) => piece.kind === 'arrivals'));
  const machines = [...new Set(arrivals.map(({ machine }) => machine))].join(', ');
  const saw = (
    [
      ['before-capture', 'before they reached it'],
      ['inside-node', 'inside the node'],
      ['on-the-way-back', 'on the way back'],
    ] as const
  ).flatMap(([where, words]) => {
    const count = arrivals.filter((piece) => piece.where === where).length;
    return count > 0 ? [`probes waited ${words} (${count} times)`] : [];
  });
  return `seen from ${machines}: ${saw.join('; ')}, which does not fit if ${other.words}`;
}

function accountWords(known: Case, leading: Account, other: Hypothesis): string {
  const machines = new Set([...leading.shares.flatMap(({ hypothesis }) => hypothesis.machines), ...other.machines]);
  const told = known.accounts
    .filter(({ machine }) => machines.has(machine))
    .map((account) => `${account.machine} counted ${accountText(account)}`);
  return `${told.join('; ')}, which does not fit if ${other.words}`;
}

function cpuWords(known: Case, own: readonly Observation[], other: Hypothesis): string {
  const machines = new Set([...known.heartbeats, ...own.flatMap(({ traced }) => traced)]);
  const saw = [...machines].flatMap((machine) => {
    const views = own.map((incident) => cpuView(incident, machine, known.heartbeats.has(machine)));
    const count = (...wanted: readonly CpuView[]): number => views.filter((view) => wanted.includes(view)).length;
    const [waited, gap, none, beating] = [
      count('waited'),
      count('gap'),
      count('no-wait'),
      count('beating', 'squeezed'),
    ];
    return [
      ...(waited > 0 ? [`packets wait for a CPU of ${machine} in ${waited} of ${times(own.length)}`] : []),
      ...(gap > 0 ? [`a CPU of ${machine} that serves its card stood still in ${gap} of ${times(own.length)}`] : []),
      ...(none > 0 ? [`the kernel of ${machine} shows no wait for a CPU in ${none} of ${times(own.length)}`] : []),
      ...(beating > 0 ? [`the CPUs of ${machine} went on in ${beating} of ${times(own.length)}`] : []),
    ];
  });
  return `${saw.join('; ')}, which does not fit if ${other.words}`;
}
