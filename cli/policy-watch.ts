/**
 * The operator's policy file, carried to the `policy` actors of this process whenever it changes. A file that
 * is missing, empty or wrong changes nothing: the policy in force stays, and the fault is theirs to show.
 */
import { readPolicy } from '#config/policy/read.ts';
import { policyBytes } from '#protocols/policy.ts';
import { Edit, FAULT_BYTES_MAX, Unread, type PolicyHears } from '#protocols/policy.messages.ts';
import { watchFile, type FileSays, type WatchedFile } from '#runtime/watched-file.ts';

/** An actor that was not there yet, or began anew, hears it then. What is heard twice changes nothing. */
const TELL_MS = 5_000;

export function watchPolicy(
  file: string,
  tell: (message: PolicyHears) => void,
  refused: (fault: string) => void,
): WatchedFile {
  let last: PolicyHears | undefined;
  const watched = watchFile(file, (said) => {
    const edit = editOf(file, said);
    if (edit.kind === 'policy.unread') refused(edit.fault);
    last = edit;
    tell(edit);
  });
  const again = setInterval(() => {
    if (last !== undefined) tell(last);
  }, TELL_MS);
  again.unref();
  return {
    stop: () => {
      clearInterval(again);
      watched.stop();
    },
  };
}

/** What an operator's file asks for, or what is wrong with it. */
export function editOf(file: string, said: FileSays): Edit | Unread {
  if (said.is === 'missing') return unread(`${file}: not there`);
  if (said.is === 'unreadable') return unread(`${file}: ${said.why}`);
  // An editor may empty a file before it writes it; whoever wants the defaults says so.
  if (said.text.trim() === '') return unread(`${file}: empty`);
  const read = readPolicy(said.text, file);
  return read.ok ? Edit.of({ bytes: policyBytes(read.value.policy) }) : unread(read.error);
}

/** As much as fits, of whatever letters. */
const unread = (fault: string): Unread =>
  Unread.of({ fault: fault.slice(0, FAULT_BYTES_MAX / 3).toWellFormed() });
