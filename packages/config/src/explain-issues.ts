// Turns zod's issues with fairlead.yaml into sentences with the path of the field and, for a mistyped key, the nearest known name.

import { nearestNames } from '@fairlead/kit';
import type { z } from 'zod';

/** `shape`: the schema that the value failed; it has the known names. */
export function explainIssues(issues: readonly z.core.$ZodIssue[], shape: z.ZodType): string[] {
  return issues.flatMap(chosenBranch).flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code !== 'unrecognized_keys') return [`${path.join('.') || 'the file'}: ${issue.message}`];
    return issue.keys.map((key) => {
      const [near] = nearestNames(key, knownKeys(shape, path));
      return `${[...path, key].join('.')}: is not a setting${near ? `; did you mean ${near}?` : ''}`;
    });
  });
}

const maxProblems = 20;

/** One problem as the end of a sentence, several as a list. */
export function problemWords(problems: readonly string[]): string {
  const [only] = problems;
  if (only !== undefined && problems.length === 1) return only;
  const more = problems.length > maxProblems ? [`and ${problems.length - maxProblems} more`] : [];
  return `of ${problems.length} problems:\n  ${[...problems.slice(0, maxProblems), ...more].join('\n  ')}`;
}

/** For a setting that is one mapping or a list of mappings: the issues with the form that the user wrote. */
function chosenBranch(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const expected = issue.errors.map(([first, ...more]) => (more.length === 0 ? expectedIn(first) : undefined));
  if (expected.every((one) => one !== undefined)) {
    return [{ ...issue, code: 'custom', message: `Invalid input: expected ${expected.join(' or ')}` }];
  }
  const isOtherForm = ([first]: z.core.$ZodIssue[]) => first?.code === 'invalid_type' && first.path.length === 0;
  const branch = issue.errors.find((issues) => !isOtherForm(issues)) ?? issue.errors[0] ?? [];
  return branch.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })).flatMap(chosenBranch);
}

/** What a form that is no mapping and no list expects in place of a value of another type. */
function expectedIn(issue: z.core.$ZodIssue | undefined): string | undefined {
  if (!issue || issue.path.length > 0) return undefined;
  if (issue.code === 'invalid_value') return issue.values.map((one) => JSON.stringify(one)).join(' or ');
  const isPlain = issue.code === 'invalid_type' && !['object', 'array', 'record'].includes(issue.expected);
  return isPlain ? issue.expected : undefined;
}

interface SchemaDef {
  type: string;
  innerType?: z.ZodType;
  shape?: Record<string, z.ZodType>;
  valueType?: z.ZodType;
  element?: z.ZodType;
  options?: z.ZodType[];
}

function knownKeys(schema: z.ZodType, path: readonly string[]): string[] {
  const def = definition(schema);
  if (def.innerType) return knownKeys(def.innerType, path);
  if (def.options) return def.options.flatMap((option) => knownKeys(option, path));
  const [head, ...rest] = path;
  if (head === undefined) return Object.keys(def.shape ?? {});
  const next = def.shape?.[head] ?? def.valueType ?? def.element;
  return next ? knownKeys(next, rest) : [];
}

function definition(schema: z.ZodType): SchemaDef {
  return schema.def as unknown as SchemaDef;
}
