// How a command's code is run once its flags are read: with a context, and its failure turned into words and an exit code.

import type { Context } from '../context.ts';

export type RunCommand = (run: (context: Context) => Promise<void>) => Promise<void>;
