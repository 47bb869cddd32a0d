import { type DestinationStream, type Logger, type LoggerOptions as PinoOptions, pino } from 'pino';
import { serializeError } from './serialize-error.ts';

export type { Logger };

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

export interface LoggerOptions {
  /** The program, as field `program` of each line; `name` is that of an object. */
  name: string;
  level: LogLevel;
  /** Changes the level of this logger and of all its children while the program runs. */
  levelSwitch?: LevelSwitch;
  /** Standard output when absent. */
  destination?: DestinationStream;
}

/** The level of a program's log lines, which may change while it runs. */
export interface LevelSwitch {
  level: LogLevel;
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

/** Long enough to watch a trouble, short enough to be forgotten. */
const DEBUG_FOR_MS = 30 * 60_000;

/** pino matches paths, not names, so the names are spelled out for each level of nesting. */
const NESTING = ['', '*.', '*.*.', '*.*.*.'];

/** Log lines as JSON, one a line, secrets redacted. Written straight out: no worker that could lose lines. */
export function createLogger(options: LoggerOptions): Logger {
  const { levelSwitch } = options;
  const settings: PinoOptions = {
    // A child keeps the level that its parent had, so with a switch pino lets all pass and the hook decides.
    level: levelSwitch === undefined ? options.level : 'trace',
    ...(levelSwitch === undefined ? {} : { hooks: { logMethod: admitted(levelSwitch) } }),
    base: { program: options.name },
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: serializeError, error: serializeError },
    redact: {
      paths: NESTING.flatMap((prefix) => SECRET_FIELDS.map((field) => prefix + field)),
      censor: '[redacted]',
    },
  };
  return options.destination === undefined ? pino(settings) : pino(settings, options.destination);
}

function admitted(levelSwitch: LevelSwitch): NonNullable<PinoOptions['hooks']>['logMethod'] & {} {
  return function write(args, method, level) {
    if (level >= (pino.levels.values[levelSwitch.level] ?? Number.POSITIVE_INFINITY))
      method.apply(this, args);
  };
}

/**
 * Turns `debug` on and off while the program runs: the first call turns it on, the next one back. It turns
 * itself off after a while, so that a forgotten `debug` does not fill the disk.
 */
export function createDebugToggle(options: {
  levelSwitch: LevelSwitch;
  clock: { setTimeout(callback: () => void, delayMs: number): () => void };
  log: Logger;
  /** How long `debug` stays on. */
  forMs?: number;
}): () => void {
  const { levelSwitch, clock, log } = options;
  const usual = levelSwitch.level;
  let cancel: (() => void) | undefined;
  const back = (): void => {
    cancel?.();
    cancel = undefined;
    levelSwitch.level = usual;
    log.info({ logLevel: usual }, 'log level is back');
  };
  return () => {
    if (cancel !== undefined) {
      back();
      return;
    }
    levelSwitch.level = 'debug';
    cancel = clock.setTimeout(back, options.forMs ?? DEBUG_FOR_MS);
    log.info({ logLevel: 'debug' }, 'log level changed');
  };
}

/** A logger that writes nothing. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' });
}
