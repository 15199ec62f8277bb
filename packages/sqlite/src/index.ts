export { createSqliteSession, type Migration, type SqliteDatabase, type SqliteSession } from './sqlite-session.ts';
