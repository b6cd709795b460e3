/**
 * The way of a transaction as one line:
 *
 *   <id>  FRESH > POH_ACK 25/42 > COMMITTED in 0.11 s, rooted: MUNICIPALITY > TAKEN_IN > CONTINENT > GLOBE in 1.90 s
 */
import { isRoot, type Progress, type Submission } from '#dapp/submission.ts';

export interface Way {
  readonly line: string;
  readonly ms: number;
}

/** Follows it to its end; `see` is shown the way as it grows. Throws what the submission throws. */
export async function wayOf(
  sent: Submission,
  see: (way: Way, state: Progress['state']) => void = () => undefined,
): Promise<Way> {
  const startedAt = Date.now();
  let steps: Progress[] = [];
  let inCityMs = 0;
  const way = (): Way => {
    const ms = Date.now() - startedAt;
    const roots = steps.filter(({ state }) => isRoot(state));
    if (roots.length === 0) inCityMs = ms;
    const city = `${sent.txId}  ${inWords(steps.filter((each) => !roots.includes(each)))} in ${inSeconds(inCityMs)}`;
    const above = roots.length === 0 ? '' : `, rooted: ${inWords(roots)} in ${inSeconds(ms)}`;
    return { line: city + above, ms };
  };
  let last: Way = { line: sent.txId, ms: 0 };
  for await (const step of sent) {
    steps = withStep(steps, step);
    last = way();
    see(last, step.state);
  }
  return last;
}

/** A state that another delegate tells once more stays where it is: nothing goes back to it. */
function withStep(steps: readonly Progress[], step: Progress): Progress[] {
  const place = steps.findIndex((each) => nameOf(each) === nameOf(step));
  return place < 0 ? [...steps, step] : steps.with(place, step);
}

const inWords = (steps: readonly Progress[]): string => steps.map(wordOf).join(' > ');
const inSeconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;

/** `accepted` is FRESH by another name. */
const nameOf = ({ state }: Progress): string => (state === 'accepted' ? 'FRESH' : state);

const wordOf = (step: Progress): string =>
  step.state === 'POH_ACK' ? `POH_ACK ${step.acks}/${step.rows}` : nameOf(step);
