// zod compiles a function for each object schema when it first decodes with it. A command decodes a handful of values once, which
// takes less time than compiling. A module of its own, because a command such as `--help` does without zod.

import { config } from 'zod';

config({ jitless: true });
