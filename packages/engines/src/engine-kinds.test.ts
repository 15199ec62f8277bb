import { describe, expect, it } from 'vitest';
import { describeEngineKind } from './engine-kind.contract.ts';
import { engineKinds, findEngineKind } from './engine-kinds.ts';

for (const kind of engineKinds) describeEngineKind(kind);

describe('the list of engines', () => {
  it('has each name once', () => {
    const names = engineKinds.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });

  it('names the engines when a caller asks for an unknown one', () => {
    expect(() => findEngineKind('vlm')).toThrow(
      expect.objectContaining({
        code: 'engine_unknown',
        hint: expect.stringContaining('vllm, sim, command') as unknown,
      }),
    );
  });
});
