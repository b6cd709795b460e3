/** The Node that runs the tests is the project's own, not the system's. */
import { execFileSync } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';

const isRecent = (version: string): boolean => {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number) as [number, number];
  return major > 24 || (major === 24 && minor >= 18);
};

describe('node', () => {
  it('is 24.18 or later in the tests', () => expect(process.version).toSatisfy(isRecent));
  it('is the same in scripts', () => {
    expect(
      execFileSync('npm', ['exec', '--', 'node', '--version'], { encoding: 'utf8' }).trim(),
    ).toBe(process.version);
  });
  it('is the same in workers', async () => {
    const worker = new Worker(
      'require("node:worker_threads").parentPort.postMessage(process.version)',
      { eval: true },
    );
    const version = await new Promise((resolve) => worker.once('message', resolve));
    await worker.terminate();
    expect(version).toBe(process.version);
  });
});
