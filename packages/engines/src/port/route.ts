/** A request that passes the front, as data. */
export interface Route {
  method: 'GET' | 'POST';
  /** A segment in braces stands for any one segment. */
  path: string;
}
