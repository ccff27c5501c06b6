// @ts-check
import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { ANALYSIS_ROOMS, roomImports } from './scripts/lint/rooms.mjs';

const TYPESCRIPT = ['**/*.ts', '**/*.tsx'];
const inRoom = (/** @type {string} */ room) => [`${room}/**`, `${room}.ts`];

const CHROME = ['chrome', 'browser'].map((name) => ({
  name,
  message: 'Only src/browser and src/entry talk to the browser.',
}));
const NODE = ['process', 'Buffer', 'global', '__dirname', '__filename', 'require'].map((name) => ({
  name,
  message: 'Only src/cli, scripts and tests run in Node.',
}));
const DOM = ['document', 'window', 'localStorage', 'fetch', 'XMLHttpRequest'].map((name) => ({
  name,
  message: 'The analysis rooms are pure: bytes in, plain data out.',
}));

const NODE_MODULES = {
  group: ['node:*', 'fs', 'fs/*', 'path', 'os', 'child_process', 'worker_threads', 'zlib', 'util'],
  message: 'Only src/cli, scripts and tests run in Node.',
};
const POLYFILL = {
  group: ['webextension-polyfill'],
  message: 'Only src/browser and src/entry talk to the browser.',
};
export default defineConfig(
  { ignores: ['dist/', 'artifacts/', 'chrome/', 'fixtures/modules/', 'fixtures/wasm_exec/'] },
  js.configs.recommended,
  {
    files: TYPESCRIPT,
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // A state machine over bytes reads better with `while (true)`, and a parser with `for (let i = 0; ...)` beside typed arrays.
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/prefer-for-of': 'off',
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
      // Would have `!` where another rule forbids it.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      '@typescript-eslint/dot-notation': 'off',
      '@typescript-eslint/no-redundant-type-constituents': 'off',
      '@typescript-eslint/unbound-method': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-control-regex': 'off',
    },
  },
  {
    // Checked by TypeScript through `@ts-check`, which knows each file's globals.
    files: ['**/*.js', '**/*.mjs'],
    rules: { 'no-undef': 'off' },
  },
  {
    files: ['src/**', 'panel/**'],
    plugins: { rooms: { rules: { imports: roomImports } } },
    rules: {
      'rooms/imports': 'error',
      'no-console': 'error',
      'no-restricted-globals': ['error', ...CHROME, ...NODE],
      'no-restricted-imports': ['error', { patterns: [NODE_MODULES, POLYFILL] }],
    },
  },
  {
    files: ANALYSIS_ROOMS.flatMap(inRoom),
    rules: { 'no-restricted-globals': ['error', ...CHROME, ...NODE, ...DOM] },
  },
  {
    files: ['src/browser/**', 'src/entry/**'],
    rules: {
      'no-restricted-globals': ['error', ...NODE],
      'no-restricted-imports': ['error', { patterns: [NODE_MODULES] }],
    },
  },
  {
    files: ['src/cli/**', 'src/entry/cli.ts'],
    rules: {
      'no-console': 'off',
      'no-restricted-globals': ['error', ...CHROME],
      'no-restricted-imports': 'off',
    },
  },
);
