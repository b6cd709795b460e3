/** A deed of an operator, asked of the process that is to do it: it writes down who asked, and says what came of it. */
import { text, utf8 } from '#lib/bytes.ts';
import type { Filter, Subject } from '#protocols/subjects.ts';
import { doSubject } from '#runtime/operator.ts';
import type { Wire } from '#runtime/ports.ts';
import { Failed } from './unfit.ts';

export interface Deed {
  readonly who: string;
  readonly did: 'kill' | 'gone' | 'back';
  readonly to: string;
}

export interface Done {
  readonly done: string;
  /** Of those that were told something, who has it on its disk. */
  readonly noted?: readonly string[];
}

/** In milliseconds, or when it is the turn of a process on a crowded machine. */
const ANSWER_MS_MAX = 10_000;

export async function askDeed(wire: Wire, process: string, deed: Deed): Promise<Done> {
  const answer = await ask(wire, doSubject(process), JSON.stringify(deed));
  const said = JSON.parse(answer) as Partial<Done> & { readonly refused?: string };
  const { done, refused } = said;
  if (done === undefined) throw new Failed(`${process} refuses: ${refused ?? 'no reason given'}`);
  return { ...said, done };
}

let asked = 0;

/** The first answer. */
function ask(wire: Wire, to: Subject, request: string): Promise<string> {
  const inbox = `_INBOX.deed.${process.pid}.${Date.now()}.${++asked}`;
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new Failed(`${to} does not answer`));
    const timer = setTimeout(late, ANSWER_MS_MAX);
    wire.listen(inbox as Filter, ({ bytes, nobody }) => {
      clearTimeout(timer);
      if (nobody) late();
      else resolve(text(bytes));
    });
    wire.send(to, utf8(request), { reply: inbox as Subject });
  });
}
