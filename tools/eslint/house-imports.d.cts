import type { Rule } from 'eslint';

export const houseImports: Rule.RuleModule;
