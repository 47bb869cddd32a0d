import { tooComplex } from '../../../domain/feed/reading.ts';
import { MAX_DATES, MAX_KEPT_TEXT } from './limits.ts';

/** Keeps one copy of each text, and counts what a feed makes us keep. */
export class KeptText {
  readonly #texts = new Map<string, string>();
  #characters = 0;
  #dates = 0;

  /** @throws {UnusableFeed} TooComplex */
  keep(text: string, line: number): string {
    const kept = this.#texts.get(text);
    if (kept !== undefined) return kept;
    this.count(text, line);
    this.#texts.set(text, text);
    return text;
  }

  /**
   * Counts a text that is no second time in the feed.
   *
   * @throws {UnusableFeed} TooComplex
   */
  count(text: string, line: number): void {
    this.#characters += text.length;
    if (this.#characters > MAX_KEPT_TEXT) {
      throw tooComplex(
        line,
        `UIDs, rules, categories and names of zones have more than ${MAX_KEPT_TEXT} characters`,
      );
    }
  }

  /** @throws {UnusableFeed} TooComplex */
  countDates(dates: number, line: number): void {
    this.#dates += dates;
    if (this.#dates > MAX_DATES) throw tooComplex(line, `RDATE and EXDATE have more than ${MAX_DATES} dates`);
  }
}
