/**
 * Short names that the runtime (ICU) takes for a zone although the IANA database has no such name: BST would be Dhaka, and
 * IST Kolkata, whatever a person means by them.
 */
const SHORT_NAMES_OF_ICU: ReadonlySet<string> = new Set(
  'ACT AET AGT ART AST BET BST CAT CNT CST CTT EAT ECT IET IST JST MIT NET NST PLT PNT PRT PST SST VST'.split(
    ' ',
  ),
);

/** Zones of the IANA database have words, digits, `/`, `_`, `-` and `+`, and begin with a letter. */
const FORM = /^[A-Za-z][A-Za-z0-9_+/-]*$/;

/** Whether the IANA database has a zone or a link of this name. Fixed offsets such as `+01:00` are no zones. */
export function isIanaTimeZone(name: string): boolean {
  if (!FORM.test(name) || SHORT_NAMES_OF_ICU.has(name.toUpperCase())) return false;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
