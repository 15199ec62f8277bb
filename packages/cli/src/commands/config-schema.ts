// The JSON Schema of fairlead.yaml, for editors.

import { fairleadConfig } from '@fairlead/config';
import { z } from 'zod';

export function configSchema(): Record<string, unknown> {
  return {
    title: 'fairlead.yaml',
    ...z.toJSONSchema(fairleadConfig, { io: 'input' }),
  };
}
