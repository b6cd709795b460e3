/** A read as one line that grows: `<id>  gathering 7/10`, on standard error, so that the text can be piped. */
import type { Read, Reading, ReadStep } from '#dapp/reading.ts';

const CLEAR = '\r\u001b[2K';

/** Follows it to its end. Throws what the reading throws. */
export async function shown(reading: Reading, asJson: boolean): Promise<Read> {
  const isLive = !asJson && process.stderr.isTTY;
  for await (const step of reading) {
    if (asJson) console.log(JSON.stringify({ txId: reading.txId, ...step }));
    else if (isLive) process.stderr.write(`${CLEAR}${reading.txId}  ${wordsOf(step)}`);
  }
  if (isLive) process.stderr.write(CLEAR);
  return reading.done;
}

function wordsOf({ phase, have, need, state }: ReadStep): string {
  const pieces = need === 0 ? '' : ` ${have}/${need}`;
  const standing = state === undefined || state === 'COMMITTED' ? '' : `  ${state}`;
  return `${phase}${pieces}${standing}`;
}
