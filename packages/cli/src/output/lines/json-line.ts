// Every kind of line that a command prints with --json, by the name in its `event` field. A kind that is not here cannot be printed.

import type { z } from 'zod';

import { bastionLines } from './bastion-lines.ts';
import { benchLines } from './bench-lines.ts';
import { deploymentLines } from './deployment-lines.ts';
import { diagnosisLines } from './diagnosis-lines.ts';
import { gatewayLines } from './gateway-lines.ts';
import { observeLines } from './observe-lines.ts';
import { ownLines } from './own-lines.ts';
import { plannerLines } from './planner-lines.ts';
import { prepareLines } from './prepare-lines.ts';
import { publishLines } from './publish-lines.ts';
import { siteLines } from './site-lines.ts';
import { useLines } from './use-lines.ts';

export const jsonLines = {
  ...deploymentLines,
  ...diagnosisLines,
  ...bastionLines,
  ...useLines,
  ...siteLines,
  ...plannerLines,
  ...prepareLines,
  ...observeLines,
  ...benchLines,
  ...gatewayLines,
  ...publishLines,
  ...ownLines,
};

export type LineName = keyof typeof jsonLines;

/** The fields of a line besides its name. */
export type LineFields<Name extends LineName> = Given<z.output<(typeof jsonLines)[Name]>>;

export type JsonLine = { [Name in LineName]: { event: Name } & LineFields<Name> }[LineName];

/** A line is only read: its lists may be read-only. */
type Given<Value> =
  Value extends ReadonlyArray<infer Item>
    ? ReadonlyArray<Given<Item>>
    : Value extends object
      ? { readonly [Key in keyof Value]: Given<Value[Key]> }
      : Value;
