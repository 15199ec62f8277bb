// Which program's log a reader asks for.

import { z } from 'zod';

export const logSource = z.enum(['agent', 'engine', 'job']);
export type LogSource = z.infer<typeof logSource>;
