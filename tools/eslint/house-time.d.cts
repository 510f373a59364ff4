import type { Linter } from 'eslint';

type Restriction = Linter.RuleEntry<{ selector: string; message: string }[]>;
declare const restrictions: { domain: Restriction; engine: Restriction; workflows: Restriction };
export = restrictions;
