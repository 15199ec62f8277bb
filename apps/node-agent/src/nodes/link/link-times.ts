// Times of the link between the agents of a job. They count the seconds in which an agent was awake, so that one that was suspended
// itself does not take the others for silent.

export const tickMs = 1_000;
/** The leader sends a sign of life so often, and each worker answers it. */
export const aliveTicks = 3;
/** Silence after which the other end counts as gone. */
export const silentTicks = 12;
/** How long a worker goes on without its leader. */
export const awayTicks = 30;
