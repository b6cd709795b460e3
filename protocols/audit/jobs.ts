/**
 * Jobs of audits.
 *
 * | job           | does                                                         |
 * | ------------- | ------------------------------------------------------------ |
 * | `audit.check` | what the answer to a challenge shows of each row             |
 * | `audit.seed`  | draws what nobody knew before: a VRF over the newest batch   |
 * | `audit.sign`  | signs an act                                                 |
 */
import { pieceHash } from '#algorithms/erasure/shards.ts';
import { sign, verify, type SignJob } from '#algorithms/signature.ts';
import { proven, type ProveJob } from '#algorithms/vrf.ts';
import { same } from '#lib/bytes.ts';
import type { Plain } from '../effect.ts';
import type { Proved } from '../holder.messages.ts';
import {
  answerTree,
  statementVerifyJob,
  type Answer,
  type ChallengedRow,
} from '../proof-of-holding.ts';
import type { VerifyingKey } from '../terms.ts';
import type { NodeAddress } from '../subjects.ts';

export interface CheckInput {
  readonly network: Uint8Array;
  readonly holder: NodeAddress;
  readonly auditor: NodeAddress;
  readonly nonce: Uint8Array;
  readonly key: VerifyingKey;
  /** What was asked, and what each row is. */
  readonly wanted: readonly ChallengedRow[];
  readonly hashes: readonly Uint8Array[];
  readonly proved: Omit<Proved, 'kind'>;
  /** Planted: an old answer is as good as a new one. */
  readonly takesOld: boolean;
}

/**
 * `held`: it was shown. `lacking`, `damaged`: it says so itself. `false`: it signed something else. `unshown`: it
 * says that it holds it, and shows something else than what it signed, or nothing.
 */
export type Finding = 'held' | 'lacking' | 'damaged' | 'false' | 'unshown';

/** Of each row; nothing where it is no answer to this challenge, or is not signed by the holder. */
export function check(input: CheckInput): readonly Finding[] | undefined {
  const { network, key, proved, hashes } = input;
  const { statement, signature, answers, pieces } = proved;
  if (!isAnswer(input)) return undefined;
  if (!verify(statementVerifyJob(network, statement, signature, key))) return undefined;
  let shown = 0;
  return answers.map((answer, i): Finding => {
    if (answer.says !== 'held') return answer.says === 'damaged' ? 'damaged' : 'lacking';
    const piece = pieces[shown++]?.piece;
    if (answer.pieceHash === undefined || !same(answer.pieceHash, hashes[i]!)) return 'false';
    return piece !== undefined && same(pieceHash(piece), hashes[i]!) ? 'held' : 'unshown';
  });
}

/** It says what was asked, of what was asked, in its order. */
function isAnswer({ proved, nonce, holder, auditor, wanted, takesOld }: CheckInput): boolean {
  const { statement, answers } = proved;
  return (
    (takesOld || same(statement.nonce, nonce)) &&
    statement.holder === holder &&
    statement.auditor === auditor &&
    statement.count === answers.length &&
    answers.length === wanted.length &&
    answers.every((answer, i) => isAbout(answer, wanted[i]!)) &&
    same(answerTree(answers).root, statement.root)
  );
}

const isAbout = ({ asked }: Answer, { txId, row, rows, pieceRoot }: ChallengedRow): boolean =>
  asked.row === row &&
  asked.rows === rows &&
  same(asked.txId, txId) &&
  same(asked.pieceRoot, pieceRoot);

type Job = (input: Plain) => Plain;
const job = <I, O>(run: (input: I) => O): Job => run as unknown as Job;

export const AUDIT_JOBS: Readonly<Record<string, Job>> = {
  'audit.check': job(check),
  'audit.seed': job((input: ProveJob) => proven(input).output),
  'audit.sign': job((input: SignJob) => sign(input)),
};
