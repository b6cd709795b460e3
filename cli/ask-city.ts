/**
 * One question to whoever has a role in a city, or to each of several, from a node that is there for this question
 * alone: over the same links as any other, with the same deadline.
 */
import type { Catalogue } from '#protocols/codec.ts';
import { ask, NOTHING, type Signal, type Spoken } from '#protocols/effect.ts';
import { address, anyOf, type Address, type NodeAddress, type Place } from '#protocols/subjects.ts';
import { anyActor, type Actor } from '#runtime/actor.ts';
import { Failed } from './unfit.ts';
import { visiting } from './visiting.ts';

const WITHIN_MS = 5_000;

interface Words<In extends Spoken, Out extends Spoken> {
  readonly url: string;
  readonly city: Place;
  readonly message: Out;
  readonly hears: Catalogue<In>;
  readonly says: Catalogue<Out>;
}

export interface Question<In extends Spoken, Out extends Spoken> extends Words<In, Out> {
  readonly role: string;
  /** Whom; anybody of that role, unless told. */
  readonly node?: NodeAddress;
}

/** The answer; `Failed` where there is none. */
export async function askCity<In extends Spoken, Out extends Spoken>(
  question: Question<In, Out>,
): Promise<In> {
  const { city, role, node } = question;
  const whom = node === undefined ? anyOf(city, role) : address(node, role);
  const [outcome] = await outcomes(question, [whom]);
  if (outcome!.kind === 'answered') return outcome!.message as In;
  throw new Failed(`no ${role} of ${node ?? city} answers (${outcome!.why}); is the city up?`);
}

/** What each of them answers, in their order; nothing where one does not. */
export async function askEach<In extends Spoken, Out extends Spoken>(
  words: Words<In, Out>,
  whom: readonly Address[],
): Promise<readonly (In | undefined)[]> {
  const all = await outcomes(words, whom);
  return all.map((each) => (each.kind === 'answered' ? (each.message as In) : undefined));
}

type Outcome = Extract<Signal, { readonly kind: 'answered' | 'unanswered' }>;

async function outcomes<In extends Spoken, Out extends Spoken>(
  words: Words<In, Out>,
  whom: readonly Address[],
): Promise<readonly Outcome[]> {
  if (whom.length === 0) return [];
  return visiting(
    words,
    (system, node) =>
      new Promise((resolve) => {
        system.spawn(anyActor(asker(address(node, 'asker'), words, whom, resolve)));
      }),
  );
}

/** Asks each, and is done when the last of them has answered, or has not. */
function asker<In extends Spoken, Out extends Spoken>(
  at: Address,
  { message, hears, says }: Words<In, Out>,
  whom: readonly Address[],
  done: (outcomes: readonly Outcome[]) => void,
): Actor<Outcome[], In, Out> {
  let open = whom.length;
  return {
    address: at,
    listens: hears,
    speaks: says,
    start: () => [[], whom.map((each, i) => ask(String(i), each, message, WITHIN_MS))],
    receive: (state, input) => {
      const signal = input as Signal;
      if (signal.kind !== 'answered' && signal.kind !== 'unanswered') return [state, NOTHING];
      state[Number(signal.id)] = signal;
      if (--open === 0) done(state);
      return [state, NOTHING];
    },
  };
}
