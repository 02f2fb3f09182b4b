import type { ComponentChildren } from "preact";

/** A table that scrolls by itself where the page is too narrow for it, by keyboard too. */
export function Table({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <div class="scroll" role="group" aria-label={label} tabIndex={0}>
      <table>{children}</table>
    </div>
  );
}
