/**
 * Catching up: this delegate met an act whose findings were let go, and takes the sums of the others (sums.ts).
 *
 *   lost --> ask every other auditor which sums it has --> agreed --> its lines, a page at a time --> adopted, kept
 *     ^                                                      |             |
 *     '--------------- a second later, from the beginning <--'-------------'
 */
import { AskSums, type SumLine, type Sums, type SumsHead } from '../audit.messages.ts';
import { keep, NOTHING } from '../effect.ts';
import { address, type NodeAddress } from '../subjects.ts';
import { adopted } from './follow.ts';
import type { Auditing } from './state.ts';
import { agreedOn, areFew, sumsDigest, type Agreed } from './sums.ts';
import { asks, type Effects } from './waits.ts';

const ASK_MS = 3_000;

/** Whose accounts are others then. */
type Then = (nodes: Iterable<NodeAddress>) => Effects;

export function catchUp(state: Auditing, then: Then): Effects {
  const { following, of, waits } = state;
  if (following.lost === undefined || state.isCatchingUp) return NOTHING;
  of.self.probe.sometimes('audit: sums are taken from others');
  const others = of.self.genesis.delegates.filter(({ node }) => node !== of.self.node);
  const said = new Map<NodeAddress, SumsHead>();
  let left = others.length;
  state.isCatchingUp = left > 0;
  return others.map(({ node }) =>
    asks(
      waits,
      address(node, 'audit'),
      AskSums.of({ of: undefined, from: 0 }),
      ASK_MS,
      (answer) => {
        const head = answer?.kind === 'audit.sums' ? (answer as Sums).head : undefined;
        if (head !== undefined && areFew(of.self.genesis, head)) said.set(node, head);
        return --left > 0 ? NOTHING : chosen(state, said, then);
      },
    ),
  );
}

function chosen(state: Auditing, said: ReadonlyMap<NodeAddress, SumsHead>, then: Then): Effects {
  const { following, of } = state;
  const agreed = agreedOn(of.self.genesis, said, following.lost ?? Infinity);
  if (agreed === undefined) return again(state);
  return page(state, agreed, [], then);
}

/** One of them shows its lines; what they show is checked by its name. */
function page(
  state: Auditing,
  { head, by }: Agreed,
  lines: readonly SumLine[],
  then: Then,
): Effects {
  const question = AskSums.of({ of: sumsDigest(head), from: lines.length });
  const [node, ...rest] = by;
  if (node === undefined) return again(state);
  return [
    asks(state.waits, address(node, 'audit'), question, ASK_MS, (answer) => {
      const more = answer?.kind === 'audit.sums' ? (answer as Sums).lines : [];
      const all = [...lines, ...more];
      if (more.length === 0 || all.length > head.count) {
        return page(state, { head, by: rest }, [], then);
      }
      if (all.length < head.count) return page(state, { head, by }, all, then);
      const done = adopted(state.following, head, all);
      if (done === undefined) return page(state, { head, by: rest }, [], then);
      state.isCatchingUp = false;
      return [keep('accounts', ...done.writes), ...then(done.changed)];
    }),
  ];
}

function again(state: Auditing): Effects {
  state.isCatchingUp = false;
  return NOTHING;
}
