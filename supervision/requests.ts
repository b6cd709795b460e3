/**
 * Between what travels and what the machine knows: requests out of messages, messages out of answers.
 */
import { unreachable } from '#lib/assert.ts';
import type { Moment, Reason } from '#protocols/effect.ts';
import type { Answer, Request } from './machine/state.ts';
import { shown, type Spec } from './spec.ts';
import {
  Children,
  Counts,
  Described,
  Done,
  Ignored,
  LISTED_MAX,
  Refused,
  Started,
  type SupervisorAnswer,
  type SupervisorRequest,
} from './supervisor.messages.ts';

/** Whom to answer, and how much of a long list was asked for. */
export type Asker = Pick<Moment, 'from' | 'ticket'> & { readonly skip: number };

type StartChild = Extract<SupervisorRequest, { kind: 'supervisor.start' }>;

/** What a message asks of the machine; `startOf` is `undefined` where there is no such template. */
export function requestOf<Start>(
  message: SupervisorRequest,
  startOf: (start: StartChild) => Request<Start> | undefined,
): Request<Start> | undefined {
  switch (message.kind) {
    case 'supervisor.start':
      return startOf(message);
    case 'supervisor.restart':
      return { do: 'restart', id: message.id };
    case 'supervisor.terminate':
      return { do: 'terminate', id: message.id };
    case 'supervisor.delete':
      return { do: 'delete', id: message.id };
    case 'supervisor.describe':
      return { do: 'spec', id: message.id };
    case 'supervisor.list':
      return { do: 'which' };
    case 'supervisor.count':
      return { do: 'count' };
    default:
      return unreachable(message);
  }
}

export const refused = (why: Refusal['why'], detail = ''): Refusal =>
  Refused.of({ why, detail: detail.toWellFormed().slice(0, DETAIL_CHARS_MAX) });

export type Refusal = Extract<SupervisorAnswer, { kind: 'supervisor.refused' }>;

/** 512 bytes hold this many characters of any kind. */
const DETAIL_CHARS_MAX = 170;

export function messageOf<Start>(answer: Answer<Start>, skip: number): SupervisorAnswer {
  switch (answer.answer) {
    case 'done':
      return Done.of({});
    case 'ignored':
      return Ignored.of({});
    case 'started':
      return Started.of({ id: answer.id, incarnation: answer.incarnation });
    case 'already-started':
      return refused('already_started', `incarnation ${answer.incarnation}`);
    case 'refused':
      return refused(answer.why);
    case 'unfit': {
      const { field, value, expected } = answer.unfit;
      return refused('unfit', `${field}: expected ${expected}, got ${shown(value)}`);
    }
    case 'unstarted':
      return refused('unstarted', textOf(answer.reason));
    case 'spec':
      return described(answer.spec);
    case 'children': {
      const children = answer.children.slice(skip, skip + LISTED_MAX);
      return Children.of({ total: answer.children.length, skip, children });
    }
    case 'counts': {
      const { specs, active, supervisors, workers } = answer;
      return Counts.of({ specs, active, supervisors, workers });
    }
    default:
      return unreachable(answer);
  }
}

const described = ({ id, restart, type, significant, shutdown }: Spec<unknown>): SupervisorAnswer =>
  Described.of({ id, restart, type, significant, shutdown: String(shutdown) });

const textOf = ({ how, detail }: Reason): string =>
  detail === undefined ? how : `${how}: ${detail}`;
