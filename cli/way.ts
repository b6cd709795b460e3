/** The way of a transaction as one line: `<id>  FRESH > POH_ACK 25/42 > COMMITTED in 0.11 s`. */
import type { Progress, Submission } from '#dapp/submission.ts';

export interface Way {
  readonly line: string;
  readonly ms: number;
}

/** Follows it to its end; `draw` sees the line as it grows. Throws what the submission throws. */
export async function wayOf(
  sent: Submission,
  draw: (line: string) => void = () => undefined,
): Promise<Way> {
  const startedAt = Date.now();
  let steps: Progress[] = [];
  const line = (): string => `${sent.txId}  ${steps.map(wordOf).join(' > ')}`;
  for await (const step of sent) {
    const word = nameOf(step);
    steps = [...steps.filter((each) => nameOf(each) !== word), step];
    draw(line());
  }
  const ms = Date.now() - startedAt;
  return { line: `${line()} in ${(ms / 1_000).toFixed(2)} s`, ms };
}

/** `accepted` is FRESH by another name. */
const nameOf = ({ state }: Progress): string => (state === 'accepted' ? 'FRESH' : state);

const wordOf = (step: Progress): string =>
  step.state === 'POH_ACK' ? `POH_ACK ${step.acks}/${step.rows}` : nameOf(step);
