/** `city-chain rvh --remote`: the same question to a city, which answers for its own list of nodes as well. */
import { utf8 } from '#lib/bytes.ts';
import { catalogue } from '#protocols/codec.ts';
import {
  RANK_KEY_BYTES_MAX,
  Ranked,
  RANKED_MAX,
  RankNodes,
  RankRefused,
} from '#protocols/select.messages.ts';
import { place } from '#protocols/subjects.ts';
import { askCity } from './ask-city.ts';
import { Failed, Unfit } from './unfit.ts';
import { cityOf, urlOf, type Whereabouts } from './whereabouts.ts';

export interface RemoteQuestion extends Whereabouts {
  readonly key: string;
  readonly count: number;
  readonly isWeighted: boolean;
  /** Absent where the city's own list is meant. */
  readonly among: readonly { readonly node: string; readonly weight: number }[] | undefined;
}

const WHY: Readonly<Record<RankRefused['reason'], string>> = {
  busy: 'the city is asked too much at the moment; ask again in a second',
  'no-list': 'the city has no list of nodes yet; ask again in a few seconds',
  'named-twice': '--nodes names a node twice',
};

export async function rankRemote(question: RemoteQuestion): Promise<Ranked['nodes']> {
  const { key, count, isWeighted, among } = question;
  const bytes = utf8(key);
  if (bytes.length === 0 || bytes.length > RANK_KEY_BYTES_MAX)
    throw new Unfit(`--key has ${bytes.length} bytes, expected 1 to ${RANK_KEY_BYTES_MAX}`);
  if (among !== undefined && among.length > RANKED_MAX)
    throw new Unfit(`--nodes names ${among.length} nodes, expected at most ${RANKED_MAX}`);
  const answer = await askCity({
    url: urlOf(question),
    city: place(cityOf(question)),
    role: 'select',
    message: RankNodes.of({ key: bytes, count, by: isWeighted ? 'weight' : 'score', among }),
    hears: catalogue(Ranked, RankRefused),
    says: catalogue(RankNodes),
  });
  if (answer.kind === 'select.refused') throw new Failed(WHY[answer.reason]);
  return answer.nodes;
}
