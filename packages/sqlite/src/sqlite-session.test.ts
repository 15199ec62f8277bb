// The two traps of the synchronous session stay closed.

import { DatabaseSync } from 'node:sqlite';

import { sql } from 'drizzle-orm/sql';
import { integer, sqliteTable } from 'drizzle-orm/sqlite-core';
import { describe, expect, it } from 'vitest';

import { createSqliteSession } from './sqlite-session.ts';

const numbers = sqliteTable('numbers', { n: integer().primaryKey() });

function open() {
  const connection = new DatabaseSync(':memory:');
  connection.exec('CREATE TABLE numbers (n INTEGER PRIMARY KEY); CREATE TABLE parents (id INTEGER PRIMARY KEY);');
  connection.exec(
    'CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents DEFERRABLE INITIALLY DEFERRED)',
  );
  return createSqliteSession(connection).db;
}

describe('the SQLite session', () => {
  it('rolls back what a callback throws in', () => {
    const db = open();
    const insertAndFail = () =>
      db.transaction((tx) => {
        tx.insert(numbers).values({ n: 1 }).run();
        throw new Error('no');
      });
    expect(insertAndFail).toThrow('no');
    expect(db.select().from(numbers).all()).toEqual([]);
  });

  it('refuses an async callback, and rolls back', () => {
    const db = open();
    const insertLater = () =>
      db.transaction((tx) => {
        tx.insert(numbers).values({ n: 1 }).run();
        return Promise.resolve();
      });
    expect(insertLater).toThrow(/callback is async/);
    expect(db.select().from(numbers).all()).toEqual([]);
  });

  it('reports an error that shows only at commit', () => {
    const db = open();
    const insertOrphan = () => db.get(sql`INSERT INTO children (parent) VALUES (42) RETURNING id`);
    expect(insertOrphan).toThrow(/FOREIGN KEY/);
  });
});
