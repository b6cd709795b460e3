/** The audit log on a real disk: it goes on over restarts, and shows what was taken out or changed. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAuditLog, verifyAuditLog } from '#runtime/seen/audit-log.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'city-chain-audit-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const deed = (to: string) => ({ who: 'ada', did: 'kill', to });

describe('audit log', () => {
  it('is one chain over restarts', () => {
    const path = join(folder, 'audit.jsonl');
    for (const session of [1, 2, 3]) {
      const log = openAuditLog(path, () => session);
      log.write(deed('a'));
      log.write(deed('b'));
      log.close();
    }
    expect(verifyAuditLog(readFileSync(path, 'utf8'))).toEqual({ ok: true, value: 6 });
  });
  it('goes on after a line whose writing was cut short', () => {
    const path = join(folder, 'audit.jsonl');
    const cut = openAuditLog(path, () => 1);
    cut.write(deed('a'));
    cut.close();
    appendFileSync(path, '{"at":"1970-');
    const log = openAuditLog(path, () => 2);
    log.write(deed('b'));
    log.close();
    expect(verifyAuditLog(readFileSync(path, 'utf8'))).toEqual({ ok: true, value: 2 });
  });
  it('shows a changed line, a removed line and a line that is not ours', () => {
    const path = join(folder, 'audit.jsonl');
    const log = openAuditLog(path, () => 1);
    for (const to of ['a', 'b', 'c']) log.write(deed(to));
    log.close();
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    const changed = lines.with(1, lines[1]!.replace('"b"', '"x"')).join('\n');
    expect(verifyAuditLog(changed)).toMatchObject({ ok: false, error: /line 3/ });
    expect(verifyAuditLog(lines.toSpliced(1, 1).join('\n'))).toMatchObject({ ok: false });
    expect(verifyAuditLog([...lines, 'noise'].join('\n'))).toMatchObject({ ok: false });
  });
});
