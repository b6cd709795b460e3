/**
 * Finding where something stands one level above: asked of the member of this node, which is believed, or of another one,
 * whose answer is verified; again and again, ever more slowly, until it is there. One question a level at a time, and none
 * while nothing waits.
 */
import type { VerifyJob } from '#algorithms/signature.ts';
import { same } from '#lib/bytes.ts';
import {
  ask,
  compute,
  wake,
  type Effect,
  type Moment,
  type Plain,
  type Spoken,
} from '../effect.ts';
import { finalJobs } from '../jolteon/final.ts';
import { Find, type Found } from '../level.messages.ts';
import { payloadOf } from '../level/payload.ts';
import { FindHead, type FoundHead } from '../municipality.messages.ts';
import type { RootingSays } from '../rooting.messages.ts';
import { newestSealers, sealersJobs } from '../sealers.ts';
import { askOn } from '../sealers-copy.ts';
import { address, type NodeAddress } from '../subjects.ts';
import { takeBlock, takeSealed } from './advance.ts';
import { isMember, type Carrier, type Effects, type LevelName, type Rooting } from './state.ts';
import { tell } from './tell.ts';

/** What a level takes with nothing to wait for; it is asked for the first time then. */
const FIRST_MS: Readonly<Record<LevelName, number>> = {
  municipality: 200,
  continent: 150,
  globe: 250,
};
const AGAIN_MS = 100;
const AGAIN_MS_MAX = 2_000;
const GROWTH = 1.5;
const WITHIN_MS = 1_500;
/** After so many answers that it is not there, it is told once more. */
const PATIENCE = 4;

/** What is looked for on a level; nothing when all that is below is there. */
function wanted(
  { self, committed, reached, waiting }: Rooting,
  level: LevelName,
): Question | undefined {
  const { municipality, continent } = self.above;
  if (level === 'municipality')
    return committed > reached.municipality
      ? FindHead.of({ city: self.place, height: reached.municipality + 1 })
      : undefined;
  const [first] = waiting[level];
  const { name } = level === 'continent' ? municipality : continent;
  return first && Find.of({ name, id: first.id });
}
type Question = FindHead | Find;

/** A search begins where something new waits. */
export const seek = (rooting: Rooting, level: LevelName): Effects => {
  const search = rooting.searches[level];
  if (search.phase !== 'idle' || wanted(rooting, level) === undefined) return [];
  search.phase = 'waiting';
  const ms = search.tries === 0 ? FIRST_MS[level] : againMs(search.tries);
  return [wake(`look/${level}`, ms)];
};

const againMs = (tries: number): number => Math.min(AGAIN_MS_MAX, AGAIN_MS * GROWTH ** tries);

export function look(rooting: Rooting, level: LevelName, at: Moment): Effects {
  const search = rooting.searches[level];
  search.phase = 'idle';
  const question = wanted(rooting, level);
  if (question === undefined) return [];
  search.phase = 'asking';
  const node = whom(rooting, level, at);
  const asked: Effect<RootingSays> = ask(
    `${level}/${node}`,
    address(node, level),
    question,
    WITHIN_MS,
  );
  const isSlow = level === 'municipality' && search.tries > 0 && search.tries % PATIENCE === 0;
  return isSlow ? [asked, ...tell(rooting, [whom(rooting, level, at)])] : [asked];
}

/** The own node's member, and now and then another one: ours may be behind. */
function whom(
  { self, searches, sealers }: Rooting,
  level: LevelName,
  { entropy }: Moment,
): NodeAddress {
  const isOwn = isMember(self, level) && searches[level].tries % PATIENCE < PATIENCE - 1;
  const { members } = level === 'municipality' ? newestSealers(sealers.sealers) : self.above[level];
  return isOwn ? self.node : members[entropy.below(members.length)]!.node;
}

/** What was asked is answered, or not. */
export function answered(
  rooting: Rooting,
  id: string,
  answer: Spoken | undefined,
  now: number,
): Effects {
  const [level, node] = id.split('/') as [LevelName, NodeAddress];
  const search = rooting.searches[level];
  if (search.phase !== 'asking') return [];
  search.phase = 'idle';
  search.tries++;
  const part =
    level === 'municipality'
      ? (answer as FoundHead | undefined)?.part
      : (answer as Found | undefined)?.block;
  if (part === undefined) return seek(rooting, level);
  const take = (): Effects =>
    'sealed' in part
      ? takeSealed(rooting, part.sealed, now)
      : takeBlock(rooting, level as 'continent' | 'globe', part, now);
  if (node === rooting.self.node) return [...take(), ...seekAll(rooting)];
  const jobs = 'sealed' in part ? jobsOfSealed(rooting, part) : jobsOfBlock(rooting, level, part);
  if (jobs === undefined)
    return 'sealed' in part &&
      part.sealed.batch.epoch > newestSealers(rooting.sealers.sealers).epoch
      ? [...askSealers(rooting), ...seek(rooting, level)]
      : seek(rooting, level);
  search.phase = 'verifying';
  rooting.found.set(level, take);
  return [compute(`verify/${level}`, 'rooting.verify', jobs as unknown as Plain)];
}

const jobsOfSealed = (
  { sealers }: Rooting,
  { sealed }: NonNullable<FoundHead['part']>,
): VerifyJob[] | undefined => sealersJobs(sealers.sealers, sealed);

/** The own node knows, or will. */
export const askSealers = ({ self, sealers }: Rooting): Effects => [
  ...askOn(sealers, address(self.node, 'municipality')),
];

function jobsOfBlock(
  { self }: Rooting,
  level: LevelName,
  { refs, final }: Carrier,
): VerifyJob[] | undefined {
  const [head] = final.heads;
  if (head === undefined || !same(head.payload, payloadOf(refs))) return undefined;
  return finalJobs(self.above[level], final);
}

/** Of what another node said. */
export function verified(rooting: Rooting, level: LevelName, isGood: boolean): Effects {
  const take = rooting.found.get(level);
  rooting.found.delete(level);
  rooting.searches[level].phase = 'idle';
  if (!isGood) rooting.self.probe.sometimes('rooting: somebody proved nothing');
  return [...(isGood && take !== undefined ? take() : []), ...seekAll(rooting)];
}

export const seekAll = (rooting: Rooting): Effects => [
  ...seek(rooting, 'municipality'),
  ...seek(rooting, 'continent'),
  ...seek(rooting, 'globe'),
];
