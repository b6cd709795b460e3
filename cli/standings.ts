/** How everybody in a city stands by what audits found, as its delegates know it from the order. */
import { catalogue } from '#protocols/codec.ts';
import { AskStandings, Standings, type Line } from '#protocols/audit.messages.ts';
import { isNodeAddress, place, type NodeAddress } from '#protocols/subjects.ts';
import { askCity } from './ask-city.ts';
import { Failed, Unfit } from './unfit.ts';
import { cityOf, urlOf, type Whereabouts } from './whereabouts.ts';

export type Shown = Omit<Standings, 'kind' | 'isMore'>;

/** Everybody, page after page. */
export async function standingsOf(city: Whereabouts): Promise<Shown> {
  const lines: Line[] = [];
  for (;;) {
    const page = await ask(city, { after: lines.at(-1)?.node, node: undefined });
    lines.push(...page.lines);
    if (!page.isMore || page.lines.length === 0) return { ...page, lines };
  }
}

/** One node alone. */
export async function standingOf(city: Whereabouts, node: string): Promise<Shown> {
  if (!isNodeAddress(node))
    throw new Unfit(`"${node}" is no node, expected a name such as asia.ishikawa.komatsu.l1`);
  const told = await ask(city, { after: undefined, node });
  if (told.lines.length > 0) return told;
  throw new Failed(`${node} has not been audited yet, as far as ${cityOf(city)} knows`);
}

interface Question {
  readonly after: NodeAddress | undefined;
  readonly node: NodeAddress | undefined;
}

const ask = (city: Whereabouts, question: Question): Promise<Standings> =>
  askCity({
    url: urlOf(city),
    city: place(cityOf(city)),
    role: 'audit',
    message: AskStandings.of(question),
    hears: catalogue(Standings),
    says: catalogue(AskStandings),
  });

/** What one sees at once: in doubt about it, out of the draw, or well. */
export function stateText({ isConvicted, isSuspended, role, shown }: Line): string {
  if (isConvicted) return 'convicted';
  if (isSuspended) return 'suspended';
  return role === 'light' && shown === 0 ? 'unknown' : 'sound';
}
