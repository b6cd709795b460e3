/** Numbers with units: what they mean, and that nonsense is refused by the option's name. */
import { describe, expect, it } from 'vitest';
import { bytes, bytesText, count, decimal, numberText, several } from '#cli/quantity.ts';
import { Unfit } from '#cli/unfit.ts';

describe('quantities', () => {
  it('of storage are binary', () => {
    expect(
      ['1B', '16KB', '500 MB', '1000tb', '1.5KiB', '2G'.concat('B')].map(bytes('--cap')),
    ).toEqual([1, 16_384, 524_288_000, 1000 * 1024 ** 4, 1_536, 2 * 1024 ** 3]);
  });
  it('of things are decimal', () => {
    expect(['100000', '100k', '5M', '.5m'].map(count('--per-day'))).toEqual([1e5, 1e5, 5e6, 5e5]);
  });
  it('without sense are refused, by the name of their option', () => {
    for (const text of [
      '',
      '5',
      '-1KB',
      '0KB',
      'KB',
      '1XB',
      '1e9MB',
      '1KB1',
      '9'.repeat(400) + 'KB',
    ]) {
      expect(() => bytes('--cap')(text)).toThrow(/^--cap is '.{0,40}', expected a size/);
    }
    for (const text of ['', '0', '-5', '5MB', 'NaN', 'Infinity', 'toString']) {
      expect(() => count('--per-day')(text)).toThrow(Unfit);
    }
    for (const text of ['', '1.1', '-0.1', '0x1', ' 0.5', 'NaN']) {
      expect(() => decimal('--p', 0, 1)(text)).toThrow(
        /^--p is '.*', expected a number from 0 to 1$/,
      );
    }
  });
  it('may be several', () => {
    expect(several(decimal('--p', 0, 1))('0.05, 1e-3,.2')).toEqual([0.05, 0.001, 0.2]);
    expect(() => several(decimal('--p', 0, 1))('0.05,,1')).toThrow(Unfit);
  });
  it('are written with three digits', () => {
    expect([bytesText(0.5), bytesText(1_638.4), bytesText(524_288_000)]).toEqual([
      '0.5 B',
      '1.6 KB',
      '500 MB',
    ]);
    expect([numberText(337_500), numberText(0.12345)]).toEqual(['337,500', '0.123']);
  });
});
