/** Of this program; what `--version` prints and control is told. */
export const AGENT_VERSION = '0.1.0';
