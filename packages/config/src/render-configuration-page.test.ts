import { expect, it } from 'vitest';

import { fairleadConfig } from './index.ts';
import { exampleConfig, undocumentedSettings } from './render-configuration-page.ts';

it('every setting has a description, and an example that the schema takes', () => {
  expect(undocumentedSettings()).toEqual([]);
  const parsed = fairleadConfig.safeParse(exampleConfig());
  expect(parsed.error?.issues ?? []).toEqual([]);
});
