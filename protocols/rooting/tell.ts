/**
 * Telling the municipality: what its own ledger applied, in a row from what is taken in.
 *
 * The member of this node hears everything at once, without a proof of its own node's word; each member on another node
 * hears of a batch from one delegate of the city, another one each time, and from others when it is not taken in.
 */
import { ask, send, wake, type Effect } from '../effect.ts';
import { AskChain, type Chained } from '../ledger.messages.ts';
import { HEADS_MAX, type CityTop } from '../municipality-batch.ts';
import { Top } from '../municipality.messages.ts';
import type { RootingSays } from '../rooting.messages.ts';
import { newestSealers } from '../sealers.ts';
import { address, type NodeAddress } from '../subjects.ts';
import {
  isMember,
  TIMED_MAX,
  WINDOW_MAX,
  type Effects,
  type Known,
  type Rooting,
} from './state.ts';

/** What a busy city commits within this time is told together. */
const TOGETHER_MS = 40;
const PAGE = 16;
const LEDGER_MS = 2_000;

/** The own ledger has applied it. */
export function hearCommitted(rooting: Rooting, known: Known, now: number): Effects {
  const { height } = known.head;
  takeHead(rooting, known);
  rooting.committed = Math.max(rooting.committed, height);
  const { committedAt } = rooting;
  const [oldest] = committedAt.keys();
  if (committedAt.size >= TIMED_MAX && oldest !== undefined) committedAt.delete(oldest);
  committedAt.set(height, now);
  return tellSoon(rooting);
}

function takeHead({ window, reached }: Rooting, known: Known): void {
  const { height } = known.head;
  if (height > reached.municipality && window.size < WINDOW_MAX) window.set(height, known);
}

function tellSoon(rooting: Rooting): Effects {
  if (rooting.telling !== 'no') {
    rooting.telling = 'more';
    return [];
  }
  rooting.telling = 'told';
  return [...tell(rooting, turnOf(rooting)), wake('tell', TOGETHER_MS)];
}

export function toldAll(rooting: Rooting): Effects {
  const hasMore = rooting.telling === 'more';
  rooting.telling = 'no';
  return hasMore ? tellSoon(rooting) : [];
}

/** Members on other nodes whose turn it is to hear of the newest batch from us. */
function turnOf({ self, committed, sealers }: Rooting): NodeAddress[] {
  const { members } = self.committee;
  const own = members.findIndex(({ node }) => node === self.node);
  return newestSealers(sealers.sealers)
    .members.filter((_, i) => (committed + i) % members.length === own)
    .map(({ node }) => node);
}

/** The member of this node, and these. */
export function tell(rooting: Rooting, others: readonly NodeAddress[]): Effects {
  const { self } = rooting;
  const top = rowOf(rooting);
  if (top === undefined) return askLedger(rooting);
  const own = isMember(self, 'municipality') ? [self.node] : [];
  const to = [...own, ...others.filter((node) => node !== self.node)];
  return to.map((node) => send(address(node, 'municipality'), Top.of({ top })));
}

/** From what is taken in, as many as there are without a gap. */
function rowOf({ window, reached }: Rooting): CityTop | undefined {
  const row: Known[] = [];
  for (let at = reached.municipality + 1; row.length < HEADS_MAX; at++) {
    const known = window.get(at);
    if (known === undefined) break;
    row.push(known);
    // Whose quorum comes after it, only this one shows.
    if (known.head.next !== undefined) break;
  }
  const last = row.at(-1);
  return last && { heads: row.map(({ head }) => head), quorum: last.quorum };
}

/** What is not here, or what came while nobody listened. */
export function askLedger(rooting: Rooting): Effects {
  const { self, reached, isAskingLedger } = rooting;
  if (isAskingLedger) return [];
  rooting.isAskingLedger = true;
  const question = AskChain.of({ from: reached.municipality + 1, count: PAGE });
  return [askOf(self.node, question)];
}

const askOf = (node: NodeAddress, question: AskChain): Effect<RootingSays> =>
  ask('ledger', address(node, 'ledger'), question, LEDGER_MS);

export function hearChain(rooting: Rooting, chained: Chained | undefined): Effects {
  rooting.isAskingLedger = false;
  if (chained === undefined) return [wake('ledger', LEDGER_MS)];
  const { height, batches } = chained;
  for (const { batch, quorum } of batches) takeHead(rooting, { head: batch.head, quorum });
  rooting.committed = Math.max(rooting.committed, height);
  return rooting.window.size === 0 ? [] : tell(rooting, turnOf(rooting));
}
