import type { ReactNode } from 'react';

/** A part that may be wider than the screen: it scrolls by itself, also with the keyboard. */
export function ScrollBox({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard (WCAG 2.1.1).
    <section className="scroll" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
