/** Where a Redis container finds its files. */
export const REDIS_CONFIG_PATH = '/etc/redis/config';
export const REDIS_CONFIG_FILE = 'redis.conf';
/** Parameters that change under a running server; the other file includes it. */
export const REDIS_LIVE_CONFIG_FILE = 'live.conf';
export const REDIS_SECRET_PATH = '/etc/redis/secret';
export const REDIS_DATA_PATH = '/data';
/** Certificate, key and authorities; the names are the keys of the Secret. */
export const REDIS_TLS_PATH = '/etc/redis/tls';
