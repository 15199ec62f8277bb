// The versions of the protocol that one side speaks, as messages carry them.

import { z } from 'zod';

export const versionNumber = z.int().min(0).max(1_000_000);

export const versionRange = z.object({ min: versionNumber, max: versionNumber });
