import { computed, effect, signal } from "@preact/signals";

/** Light or dark: the reader's system decides, unless the reader does. */

export type Choice = "system" | "light" | "dark";

const KEPT = "concertina.theme";
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const system = signal(prefersDark.matches);
prefersDark.addEventListener("change", (event) => (system.value = event.matches));

export const choice = signal<Choice>((localStorage.getItem(KEPT) as Choice | null) ?? "system");
export const dark = computed(() => (choice.value === "system" ? system.value : choice.value === "dark"));

effect(() => {
  document.documentElement.dataset["theme"] = dark.value ? "dark" : "light";
  if (choice.value === "system") {
    localStorage.removeItem(KEPT);
  } else {
    localStorage.setItem(KEPT, choice.value);
  }
});

/** A colour of style.css, for a canvas. */
export function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

const FIRST = ["#2f6fbf", "#d9822b", "#2e8b6f", "#b84a62", "#7a5bb5", "#8f7a1f", "#3aa0b8", "#a3578f"];

/** The colour of a rank; never the only way to tell it. */
export function rankColor(rank: number): string {
  return FIRST[rank] ?? `hsl(${(rank * 137.508) % 360} 48% 52%)`;
}

/** 0 cold, 1 hot. */
export function heatColor(share: number): string {
  const from = dark.value ? [38, 46, 58] : [232, 238, 246];
  const to = dark.value ? [255, 176, 64] : [176, 48, 16];
  const mix = from.map((value, i) => Math.round(value + ((to[i] ?? 0) - value) * Math.min(1, Math.max(0, share))));
  return `rgb(${mix.join(" ")})`;
}
