import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';
import houseRules from './tools/eslint/house-imports.cjs';
import houseTime from './tools/eslint/house-time.cjs';

const TYPESCRIPT = ['{src,workflows,activities,sandbox,bench,test}/**/*.ts'];

export default tseslint.config(
  { ignores: ['dist/**', 'dist.*/**', '.data/**', 'coverage/**', 'node_modules/**'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error', noInlineConfig: true } },
  {
    files: TYPESCRIPT,
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX, house: { rules: { imports: houseRules.houseImports } } },
    settings: {
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js', '.mjs', '.json'] })],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
    },
    rules: {
      'house/imports': 'error',
      'import-x/no-cycle': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // A function that a port asks to be asynchronous may have nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['{src,workflows,activities}/**/*.ts'],
    ignores: ['src/config.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'src/config.ts is the only reader of process.env.' },
      ],
    },
  },
  { files: ['src/domain/**/*.ts'], rules: { 'no-restricted-syntax': houseTime.domain } },
  {
    files: ['src/engine/**/*.ts'],
    ignores: ['src/engine/clock.ts'],
    rules: { 'no-restricted-syntax': houseTime.engine },
  },
  { files: ['workflows/**/*.ts'], rules: { 'no-restricted-syntax': houseTime.workflows } },
  {
    files: ['test/**/*.ts'],
    rules: {
      // Tests read answers whose shape is what they are about to prove.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
);
