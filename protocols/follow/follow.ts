/**
 * Following a chain from outside, from its genesis on: a follower knows the members, has no say, and believes nobody.
 *
 *   delegates, one after another --since(my height)--> page --(one certificate)--> headers, in order
 *
 * A page begins with the header that the follower has already. Another one at that height, proved as well, is a fork: the
 * follower ends with both proofs, which convince anybody else. A delegate that keeps silent, or shows what proves
 * nothing, costs one turn.
 *
 * State: the last header and what proves it; a page that is being verified. Liveness: one honest delegate that answers.
 */
import { hex } from '#lib/bytes.ts';
import { ask, compute, wake, type Effect, type Plain, type Signal, type Step } from '../effect.ts';
import { blockId } from '../jolteon/block.ts';
import type { Chain } from '../jolteon/certify.ts';
import type { Fork } from '../jolteon/evidence.ts';
import { finalJobs, type Final } from '../jolteon/final.ts';
import { Since, type Page } from '../level.messages.ts';
import { shownIn } from '../level/history.ts';
import type { Ref } from '../level/payload.ts';
import type { Address } from '../subjects.ts';

const WITHIN_MS = 3_000;

export interface FollowSelf {
  readonly chain: Chain;
  /** Who is asked, one after another. */
  readonly delegates: readonly Address[];
  /** How long to rest when there is nothing new. */
  readonly pollMs: number;
}

export interface Header {
  readonly height: number;
  readonly round: number;
  readonly id: Uint8Array;
  readonly refs: readonly Ref[];
}

export interface Following {
  readonly self: FollowSelf;
  last: { readonly height: number; readonly id: Uint8Array; readonly final: Final } | undefined;
  /** Verified in this step, in order. */
  fresh: readonly Header[];
  fork: Fork | undefined;
  turn: number;
  /** In a row, of those who were asked: without any answer, and with one that proves nothing. */
  silent: number;
  refused: number;
  checking: Page | undefined;
  /** The last header has been shown and no other one beside it: what comes next is asked for by itself. */
  isShown: boolean;
}

type Effects = Effect<Since>[];

export function begin(self: FollowSelf): Step<Following, Since> {
  const following: Following = {
    self,
    last: undefined,
    fresh: [],
    fork: undefined,
    turn: 0,
    silent: 0,
    refused: 0,
    checking: undefined,
    isShown: false,
  };
  return [following, askNext(following)];
}

export function step(following: Following, input: Signal): Step<Following, Since> {
  following.fresh = [];
  return [following, following.fork === undefined ? told(following, input) : []];
}

function told(following: Following, input: Signal): Effects {
  switch (input.kind) {
    case 'wake':
      return askNext(following);
    case 'answered':
      following.silent = 0;
      return hear(following, input.message as Page);
    case 'unanswered':
      following.silent++;
      return rest(following);
    case 'computed': {
      const page = following.checking!;
      following.checking = undefined;
      const isGood = (input.output as readonly boolean[]).every((good) => good);
      return isGood ? believe(following, page) : refuse(following);
    }
    case 'uncomputed':
      following.checking = undefined;
      return rest(following);
    default:
      return [];
  }
}

/**
 * From the last header on, so that whoever has another one of that height shows it; from the next one where so many
 * empty blocks follow that no page has both.
 */
const nextOf = ({ last, isShown }: Following): number => (last?.height ?? 1) + (isShown ? 1 : 0);

function askNext(following: Following): Effects {
  const { self, turn } = following;
  const whom = self.delegates[turn % self.delegates.length]!;
  return [ask('page', whom, Since.of({ height: nextOf(following) }), WITHIN_MS)];
}

/** Somebody else, after a while. */
function rest(following: Following): Effects {
  following.turn++;
  following.isShown = false;
  return [wake('poll', following.self.pollMs)];
}

function refuse(following: Following): Effects {
  following.refused++;
  return rest(following);
}

function hear(following: Following, page: Page): Effects {
  const { self } = following;
  if (page.final === undefined) return rest(following);
  const [first] = shownIn(page)?.bodies.keys() ?? [];
  if (first === undefined || first.height !== nextOf(following)) return refuse(following);
  const jobs = finalJobs(self.chain, page.final);
  if (jobs === undefined) return refuse(following);
  following.checking = page;
  return [compute('verify', 'level.verify', jobs as unknown as Plain)];
}

function believe(following: Following, page: Page): Effects {
  following.refused = 0;
  const { heads, qc } = page.final!;
  const fresh: Header[] = [];
  for (const [head, refs] of shownIn(page)!.bodies) {
    const { height, round } = head;
    const id = blockId(head);
    const final = { heads: heads.slice(heads.indexOf(head)), qc };
    const { last } = following;
    if (last?.height === height && hex(last.id) !== hex(id)) {
      following.fork = { one: last.final, other: final };
      break;
    }
    if (last?.height === height) continue;
    following.last = { height, id, final };
    fresh.push({ height, round, id, refs });
  }
  following.fresh = fresh;
  if (following.fork !== undefined) return [];
  const isBehind = page.top > following.last!.height;
  following.isShown = isBehind && fresh.length === 0;
  return isBehind ? askNext(following) : rest(following);
}
