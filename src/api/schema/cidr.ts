/** The longest text: an IPv6 address and its prefix. */
export const MAX_CIDR_LENGTH = 43;

const BYTE = '(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const IPV4 = `(${BYTE}\\.){3}${BYTE}/(3[0-2]|[12]?[0-9])`;
const GROUP = '[0-9a-f]{1,4}';
const GROUPS = 8;

/** Every place that `::` can have: `before` groups, and up to `GROUPS - 1 - before` after it. */
const SHORTENED = Array.from({ length: GROUPS }, (_, before) => {
  const first = before === 0 ? ':' : `(${GROUP}:){${before}}`;
  const after = GROUPS - 1 - before;
  return after === 0 ? `${first}:` : `${first}(:|(:${GROUP}){1,${after}})`;
});
const IPV6 = `((${GROUP}:){${GROUPS - 1}}${GROUP}|${SHORTENED.join('|')})/(12[0-8]|1[01][0-9]|[1-9]?[0-9])`;

/** A range of addresses, IPv4 or IPv6 in lower case, such as 10.0.0.0/8 or fd00::/8. It reads the same in JavaScript and RE2. */
export const CIDR = new RegExp(`^(${IPV4}|${IPV6})$`);
