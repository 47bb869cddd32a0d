/** One step of the history of a load. */
export interface HistoryStep {
  /** Highest number of connections in the step; NaN when no pod reported. */
  load: number;
  /** Connections that bookings were thought to bring at its end. */
  booked: number;
  /** Presence pods there were, mean over the step; absent when they were not counted. */
  pods?: number;
}

export const HISTORY_STEP_SECONDS = 300;
/** What models learn from; 8,064 steps. */
export const HISTORY_STEPS = (28 * 86_400) / HISTORY_STEP_SECONDS;

/** Steps that follow one another, oldest first. */
export interface LoadHistory {
  /** End of the last step, milliseconds since the epoch; a multiple of the step. */
  until: number;
  steps: readonly HistoryStep[];
}

export const NO_HISTORY: LoadHistory = { until: 0, steps: [] };

/** The history with one more step; unobserved steps in between are unknown, and steps that are too old are dropped. */
export function appendStep({ until, steps }: LoadHistory, end: number, step: HistoryStep): LoadHistory {
  if (steps.length > 0 && end <= until) return { until, steps };
  const missing = steps.length === 0 ? 0 : (end - until) / (HISTORY_STEP_SECONDS * 1000) - 1;
  if (missing >= HISTORY_STEPS) return { until: end, steps: [step] };
  const gap = Array.from({ length: missing }, () => ({ load: Number.NaN, booked: 0 }));
  return { until: end, steps: [...steps, ...gap, step].slice(-HISTORY_STEPS) };
}

const FORMAT = 1;
const LONGEST_NUMBER_BYTES = 5;

/**
 * The history as text: differences of neighbouring steps as variable-length integers, in base64. Four weeks take some
 * 20 to 35 kB. Loads are rounded to whole connections.
 */
export function encodeHistory({ until, steps }: LoadHistory): string {
  const bytes: number[] = [FORMAT];
  let load = 0;
  let booked = 0;
  for (const step of steps) {
    // 0 stands for an unknown load, everything else is moved up by one.
    if (Number.isNaN(step.load)) bytes.push(0);
    else {
      const next = Math.round(step.load);
      pushNumber(bytes, zigzag(next - load) + 1);
      load = next;
    }
    const next = Math.round(step.booked);
    pushNumber(bytes, zigzag(next - booked));
    booked = next;
  }
  return `${until};${toBase64(bytes)}`;
}

/** The inverse; undefined for a text that is not whole, which is then as good as no history. */
export function decodeHistory(text: string): LoadHistory | undefined {
  const match = /^(\d{1,16});([A-Za-z0-9+/=]*)$/.exec(text);
  const bytes = match === null ? undefined : fromBase64(match[2] as string);
  if (match === null || bytes === undefined || bytes[0] !== FORMAT) return undefined;
  const read = numberReader(bytes, 1);
  const steps: HistoryStep[] = [];
  let load = 0;
  let booked = 0;
  while (!read.done()) {
    const first = read.next();
    const second = read.next();
    if (first === undefined || second === undefined || steps.length === HISTORY_STEPS) return undefined;
    if (first > 0) load += unzigzag(first - 1);
    booked += unzigzag(second);
    if (load < 0 || booked < 0) return undefined;
    steps.push({ load: first === 0 ? Number.NaN : load, booked });
  }
  return { until: Number(match[1]), steps };
}

function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function pushNumber(bytes: number[], value: number): void {
  let left = value;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  bytes.push(left);
}

function numberReader(bytes: Uint8Array, from: number): { done(): boolean; next(): number | undefined } {
  let place = from;
  return {
    done: () => place >= bytes.length,
    next() {
      let value = 0;
      for (let index = 0; index < LONGEST_NUMBER_BYTES; index += 1) {
        const byte = bytes[place];
        if (byte === undefined) return undefined;
        place += 1;
        value += (byte % 128) * 128 ** index;
        if (byte < 128) return value;
      }
      return undefined;
    },
  };
}

function toBase64(bytes: readonly number[]): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
