/** An event of a calendar, from its content lines. */
export function event(...lines: string[]): string {
  return ['BEGIN:VEVENT', ...lines, 'END:VEVENT'].join('\r\n');
}

/** A calendar of components, as a server sends it. */
export function calendar(...components: string[]): string {
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', ...components, 'END:VCALENDAR', ''].join('\r\n');
}

/** A wedding in London on a day, `20270605`. */
export function bookedOn(day: string, uid = `on-${day}`): string {
  return event(
    `UID:${uid}`,
    `DTSTART;TZID=Europe/London:${day}T143000`,
    `DTEND;TZID=Europe/London:${day}T233000`,
  );
}
