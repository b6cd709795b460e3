/** OTP's terms for what our supervisors answer: atoms as strings, tuples as arrays. */
import { unreachable } from '#lib/assert.ts';
import type { Json, Reason } from '#protocols/effect.ts';
import { GAVE_UP } from '#supervision/machine/exits.ts';
import type { Unfit, UnfitSpec } from '#supervision/spec.ts';
import type { SupervisorAnswer } from '#supervision/supervisor.messages.ts';

/** A living child: `["running", id, incarnation]`. */
type Running = (id: string) => Json;

/** The result of a request that was about `id`. */
export function resultOf(
  message: Exclude<SupervisorAnswer, { kind: 'supervisor.children' }>,
  id: string,
  running: Running,
): Json {
  switch (message.kind) {
    case 'supervisor.started':
      return ['ok', running(message.id)];
    case 'supervisor.ignored':
      return ['ok', 'undefined'];
    case 'supervisor.done':
      return 'ok';
    case 'supervisor.refused':
      // Where ours still answers, OTP's callers find that the process is no more.
      if (message.why === 'stopping') return 'noproc';
      return ['error', refusalOf(message, id, running)];
    case 'supervisor.described': {
      const { restart, type, significant, shutdown } = message;
      const ms = /^\d+$/.test(shutdown) ? Number(shutdown) : shutdown;
      return ['ok', { id: message.id, restart, shutdown: ms, significant, type }];
    }
    case 'supervisor.counts': {
      const { specs, active, supervisors, workers } = message;
      return Object.entries({ specs, active, supervisors, workers });
    }
    default:
      return unreachable(message);
  }
}

function refusalOf(
  { why, detail }: Extract<SupervisorAnswer, { kind: 'supervisor.refused' }>,
  id: string,
  running: Running,
): Json {
  if (why === 'already_started') return [why, running(id)];
  if (why !== 'unstarted') return why;
  return startReasonOf({ how: 'crashed', detail: detail.replace(/^\w+: /, '') });
}

/** Why a start failed; a child supervisor's own children are named inside. */
export function startReasonOf({ how, detail = how }: Reason): Json {
  const [, id, inner] = /^failed_to_start_child (.*?): (.*)$/s.exec(detail) ?? [];
  if (id === undefined) return detail;
  return ['shutdown', ['failed_to_start_child', id, startReasonOf({ how, detail: inner! })]];
}

/** The reason with which a supervisor ended; that it gave up is a reason of its own with us. */
export function reasonOf({ how, detail }: Reason): Json {
  if (detail === undefined) return how;
  return detail.startsWith(GAVE_UP) ? ['gave_up', detail] : detail;
}

const WORDS: Readonly<Record<string, string>> = {
  strategy: 'invalid_strategy',
  intensity: 'invalid_intensity',
  periodMs: 'invalid_period',
  autoShutdown: 'invalid_auto_shutdown',
  restart: 'invalid_restart_type',
  type: 'invalid_child_type',
  shutdown: 'invalid_shutdown',
};

/** What OTP says of a specification that it refuses. */
export function unfitOf({ field, value, expected }: Unfit): Json {
  const word = field.slice(field.lastIndexOf('.') + 1);
  if (word === 'start') return 'missing_start';
  if (word === 'id')
    return [expected === 'each name once' ? 'duplicate_child_name' : 'invalid_id', value as Json];
  if (word === 'children') return 'bad_start_spec';
  if (word === 'significant' && value === true)
    return expected.includes('autoShutdown')
      ? [
          'bad_combination',
          [
            ['auto_shutdown', 'never'],
            ['significant', true],
          ],
        ]
      : [
          'bad_combination',
          [
            ['restart', 'permanent'],
            ['significant', true],
          ],
        ];
  if (word === 'significant') return ['invalid_significant', value as Json];
  const shown = word === 'periodMs' && typeof value === 'number' ? value / 1_000 : value;
  return [WORDS[word] ?? 'unfit', shown as Json];
}

/** What `start_link` answers when the plan of a tree's root is refused. */
export function startErrorOf(error: UnfitSpec): Json {
  const isFlag = error.field.startsWith('flags.');
  if (error.field === 'children') return ['error', unfitOf(error)];
  return ['error', [isFlag ? 'supervisor_data' : 'start_spec', unfitOf(error)]];
}
