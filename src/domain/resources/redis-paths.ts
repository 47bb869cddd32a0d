/** Where a Redis container finds its files. */
export const REDIS_CONFIG_PATH = '/etc/redis/config';
export const REDIS_CONFIG_FILE = 'redis.conf';
export const REDIS_SECRET_PATH = '/etc/redis/secret';
export const REDIS_DATA_PATH = '/data';
