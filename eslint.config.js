import tseslint from 'typescript-eslint';

/** Rooms that compute: values in, values out. They never await, and know neither clock nor chance. */
const PURE = ['domain', 'sr-parser', 'segmentation', 'seg-writer', 'pictures', 'phantom'];

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/', 'training/', 'bench/.venv/', 'test/fixtures/', '**/*.cjs'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { project: ['./tsconfig.test.json'], tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      'no-console': 'error',
      'no-empty': ['error', { allowEmptyCatch: false }],
      eqeqeq: 'error',
    },
  },
  {
    files: PURE.map((room) => `src/${room}/**/*.ts`),
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: ':function[async=true]', message: 'this room computes; what waits belongs to the edge' },
        { selector: 'AwaitExpression', message: 'this room computes; what waits belongs to the edge' },
        {
          selector: "MemberExpression[object.name='Math'][property.name='random']",
          message: 'chance is passed in as a seed',
        },
        {
          selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
          message: 'the clock is passed in',
        },
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'the clock is passed in' },
      ],
    },
  },
  { files: ['**/*.js', '**/*.mjs'], ...tseslint.configs.disableTypeChecked },
  { files: ['scripts/**', 'bin/**', 'bench/**', 'test/**/*.mjs'], rules: { 'no-console': 'off' } },
);
