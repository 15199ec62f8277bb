// Whose log is asked for.

import { z } from 'zod';

export const logSource = z.enum(['agent', 'engine', 'job']);
export type LogSource = z.infer<typeof logSource>;
