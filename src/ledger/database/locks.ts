/** Keys of our advisory locks (class, number): held by a session, so they vanish with the process that took them. */
export const LOCK_CLASS = 0x63616c69; // "cali"

export const LOCKS = {
  /** The owner of a state folder. */
  stateFolder: 1,
  /** Whoever migrates the tables. */
  migration: 2,
  /** The leader, who watches. */
  leader: 3,
  /** Whoever makes the queues. */
  queues: 4,
  /** Whoever opens a harvest that several processes share. */
  harvestOpening: 5,
  /** Processes that harvest; shared. */
  harvesting: 6,
  /** Daemons; shared. */
  daemon: 7,
} as const;
