import { describe, expect, it } from 'vitest';

import { figure, renderTable } from './table.ts';

describe('A table', () => {
  it('aligns its first column to the left and the others to the right', () => {
    const table = {
      title: 'T',
      columns: ['way', 'ms'],
      rows: [
        ['direct', '1.25'],
        ['a', '10'],
      ],
    };
    expect(renderTable(table)).toBe('T\nway       ms\n------  ----\ndirect  1.25\na         10\n');
  });

  it.each([
    [0.123_4, '0.12'],
    [12.34, '12.3'],
    [61_234.5, '61,235'],
    [-3.456, '-3.46'],
    [Number.NaN, '-'],
    [undefined, '-'],
  ])('shows %d as %s', (value, text) => expect(figure(value)).toBe(text));
});
