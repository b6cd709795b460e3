/** What a long-running command says: lines for people, or JSON lines for programs. */
import { makeLog } from '#runtime/seen/log.ts';

export type Say = (
  event: string,
  text: string,
  fields?: Readonly<Record<string, string | number>>,
) => void;

export function sayer(asJson: boolean): Say {
  const log = makeLog((line) => process.stdout.write(line), Date.now);
  return (event, text, fields = {}) => {
    if (asJson) log('info', event, { text, ...fields });
    else console.log(text);
  };
}
