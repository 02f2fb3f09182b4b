/** Numbers for people. Unknown is a dash, never a zero. */

export const UNKNOWN = "–";

export function number(value: number | null | undefined, digits = 1): string {
  if (value === null || value === undefined || !Number.isFinite(value)) {
    return UNKNOWN;
  }
  return value.toLocaleString("en", { maximumFractionDigits: Math.abs(value) >= 100 ? 0 : digits });
}

export function percent(value: number | null | undefined): string {
  return value === null || value === undefined ? UNKNOWN : `${number(100 * value)} %`;
}

export function millis(value: number | null | undefined): string {
  if (value === null || value === undefined) {
    return UNKNOWN;
  }
  return value >= 10_000 ? `${number(value / 1000)} s` : `${number(value, value < 10 ? 1 : 0)} ms`;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) {
    return UNKNOWN;
  }
  let unit = 0;
  let size = value;
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${number(size, unit === 0 ? 0 : 1)} ${UNITS[unit]}`;
}

export function seconds(value: number | null | undefined): string {
  if (value === null || value === undefined) {
    return UNKNOWN;
  }
  return value >= 120 ? `${number(value / 60)} min` : `${number(value, value < 10 ? 2 : 1)} s`;
}

export function clock(time: string | number): string {
  return new Date(time).toLocaleTimeString("en-GB");
}

export function ranks(count: number): string {
  return `${count} ${count === 1 ? "rank" : "ranks"}`;
}

/** A duration as custom resources write it (800ms, 1.5s, 2m) in milliseconds; undefined when it is none. */
export function durationMs(text: string | undefined): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text ?? "");
  if (!match) {
    return undefined;
  }
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match[2] as "ms" | "s" | "m" | "h"];
  return Number(match[1]) * unit;
}

/** fooBarMs -> foo bar (ms): names of figures that the console was not told of. */
export function label(name: string): string {
  const plain = name
    .replace(/Ms$/, " (ms)")
    .replace(/PerSecond/, " per second")
    .replace(/([a-z])([A-Z0-9])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);
  return plain.charAt(0).toUpperCase() + plain.slice(1);
}
