const ESCAPE = '\u001b[';
const STYLES = { bold: '1', red: '31', green: '32', yellow: '33' } as const;

/** Conditions that should be True; of the others neither value is bad. */
const SHOULD_BE_TRUE =
  /^(Accepted|Ready|RedisAvailable|RedisSpread|RedisDataIntact|RedisCapacitySufficient|CredentialsCurrent|CertificatesCurrent|ChildrenApplied|PresenceAvailable|ScalingActive|CalendarWithinLimits|BookingsFresh|SLOMet|FreezeWithinBudget|KindsWatched)( +)(True|False|Unknown)\b/;
/** The names above a table: two at least, in capitals. */
const TABLE_HEAD = /^[A-Z][A-Z-]+(?: \([^)]*\))?(?: {2,}[A-Z][A-Z-]+)+$/;
const FREEZE = /^(Freeze: +)(on)\b/;
const BY_STATUS = { True: 'green', False: 'red', Unknown: 'yellow' } as const;

/** Text with what matters in colour: heads of tables, conditions that should be True, a freeze that is on. */
export function colour(text: string): string {
  return text.split('\n').map(colourLine).join('\n');
}

function colourLine(line: string): string {
  if (TABLE_HEAD.test(line)) return styled('bold', line);
  return line
    .replace(SHOULD_BE_TRUE, (_, type: string, gap: string, status: keyof typeof BY_STATUS) => {
      return `${type}${gap}${styled(BY_STATUS[status], status)}`;
    })
    .replace(FREEZE, (_, label: string, on: string) => `${label}${styled('yellow', on)}`);
}

function styled(style: keyof typeof STYLES, text: string): string {
  return `${ESCAPE}${STYLES[style]}m${text}${ESCAPE}0m`;
}
