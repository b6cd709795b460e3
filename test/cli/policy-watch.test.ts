/** What an operator's file asks for; what is wrong with one asks for nothing. */
import { describe, expect, it } from 'vitest';
import { editOf } from '#cli/policy-watch.ts';
import { DEFAULTS } from '#config/policy/read.ts';
import { POLICY_HEARS } from '#protocols/policy.messages.ts';
import { policyBytes } from '#protocols/policy.ts';

const edit = (text: string) => editOf('p.yaml', { is: 'text', text });

describe('an edit of the policy file', () => {
  it('is the bytes of its policy', () => {
    expect(edit('pieces: { k: 10 }')).toEqual({
      kind: 'policy.edit',
      bytes: policyBytes(DEFAULTS),
    });
  });
  it('is none when the file is not there, empty, or wrong', () => {
    expect(editOf('p.yaml', { is: 'missing' })).toMatchObject({ fault: 'p.yaml: not there' });
    expect(editOf('p.yaml', { is: 'unreadable', why: 'EACCES' })).toMatchObject({
      fault: 'p.yaml: EACCES',
    });
    expect(edit(' \n')).toMatchObject({ kind: 'policy.unread', fault: 'p.yaml: empty' });
    expect(edit('pieces: { k: 0 }')).toMatchObject({
      fault: expect.stringMatching(/^p.yaml:1:14/),
    });
  });
  it('always fits its message', () => {
    const keys = Array.from({ length: 400 }, (_, i) => `höchst${i}: 1`).join('\n');
    expect(POLICY_HEARS.check(edit(keys))).toBeUndefined();
    expect(POLICY_HEARS.check(edit(`"${'😀'.repeat(800)}": 1`))).toBeUndefined();
  });
});
