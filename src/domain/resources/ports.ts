/** Ports inside the pods. */
export const REDIS_PORT = 6379;
/** Redis' cluster bus is always the port plus 10,000. */
export const REDIS_BUS_PORT = REDIS_PORT + 10000;
export const PRESENCE_PORT = 8080;
/** Metrics and probes. */
export const ADMIN_PORT = 9090;
