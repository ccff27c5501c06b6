import { expect, it } from 'vitest';
import { isStandardLibrary } from '../../../src/base/standard-library.ts';

it('the library of Rust is no source of the program', () => {
  const hash = 'a'.repeat(40);
  for (const folder of [`/rustc/${hash}`, '/usr/src/rustc-1.63.0', '/x/lib/rustlib/src/rust'])
    expect([folder, isStandardLibrary(`${folder}/library/core/src/option.rs`)]).toEqual([folder, true]);
  expect(isStandardLibrary('/home/me/library/core/src/option.rs')).toBe(false);
});
