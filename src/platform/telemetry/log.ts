import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger };

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

export interface LoggerOptions {
  /** The program, as field `name` of each line. */
  name: string;
  level: LogLevel;
  /** Standard output when absent. */
  destination?: DestinationStream;
}

/** Field names whose values are never written, at the top of a log line and in objects in it. */
const SECRET_FIELDS = [
  'password',
  'passphrase',
  'token',
  'accessToken',
  'access_token',
  'secret',
  'clientSecret',
  'privateKey',
  'authorization',
  'Authorization',
];

/** pino matches paths, not names, so the names are spelled out for each level of nesting. */
const NESTING = ['', '*.', '*.*.', '*.*.*.'];

/** Log lines as JSON, one a line, secrets redacted. Written straight out: no worker that could lose lines. */
export function createLogger(options: LoggerOptions): Logger {
  const settings = {
    name: options.name,
    level: options.level,
    base: { name: options.name },
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: NESTING.flatMap((prefix) => SECRET_FIELDS.map((field) => prefix + field)),
      censor: '[redacted]',
    },
  };
  return options.destination === undefined ? pino(settings) : pino(settings, options.destination);
}

/** A logger that writes nothing. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' });
}
