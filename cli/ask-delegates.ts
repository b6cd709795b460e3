/** One question to each delegate of a city: what one alone says may be behind the others, or not what they see. */
import type { Catalogue } from '#protocols/codec.ts';
import { catalogue } from '#protocols/codec.ts';
import type { Spoken } from '#protocols/effect.ts';
import { About, AboutCity } from '#protocols/sending.messages.ts';
import { address, place, type NodeAddress } from '#protocols/subjects.ts';
import { askCity, askEach } from './ask-city.ts';
import { Failed } from './unfit.ts';
import { cityOf, urlOf, type Whereabouts } from './whereabouts.ts';

interface Question<In extends Spoken, Out extends Spoken> {
  readonly role: string;
  readonly message: Out;
  readonly hears: Catalogue<In>;
  readonly says: Catalogue<Out>;
}

export interface Told<In> {
  readonly node: NodeAddress;
  /** Nothing where it does not answer. */
  readonly told: In | undefined;
}

/** What each of them answers; `Failed` where none does. */
export async function askDelegates<In extends Spoken, Out extends Spoken>(
  whereabouts: Whereabouts,
  { role, ...words }: Question<In, Out>,
): Promise<readonly Told<In>[]> {
  const city = place(cityOf(whereabouts));
  const url = urlOf(whereabouts);
  const { genesis } = await askCity({
    url,
    city,
    role: 'ingress',
    message: About.of({}),
    hears: catalogue(AboutCity),
    says: catalogue(About),
  });
  const nodes = genesis.delegates.map(({ node }) => node);
  const all = await askEach(
    { url, city, ...words },
    nodes.map((node) => address(node, role)),
  );
  if (all.every((told) => told === undefined))
    throw new Failed(`no ${role} of ${city} answers; is the city up?`);
  return nodes.map((node, i) => ({ node, told: all[i] }));
}
