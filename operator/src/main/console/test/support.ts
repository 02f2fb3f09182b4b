import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, type Page } from "@playwright/test";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const token = (variable: string): string => readFileSync(process.env[variable] ?? "", "utf8").trim();
export const ADMIN = () => token("CONCERTINA_ADMIN_TOKEN_FILE");
export const VIEWER = () => token("CONCERTINA_VIEW_TOKEN_FILE");
export const ONE = `#/default/${process.env.CONCERTINA_DEPLOYMENT ?? "shakespeare-moe"}`;
export const PAGES = ["overview", "operations", "decisions", "placement", "what-if"];

export async function signIn(page: Page, bearer: string): Promise<void> {
  await page.goto("/console/");
  await page.getByLabel("Kubernetes bearer token").fill(bearer);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByText("live", { exact: true })).toBeVisible();
}

export async function open(page: Page, name: string): Promise<void> {
  await page.goto(`/console/${ONE}/${name}`);
  await expect(page.locator("main .card").first()).toBeVisible();
}

/** No violation of WCAG 2.2 A and AA, nor of what axe calls best practice. The page's policy forbids scripts, so this one comes by the debugger. */
export async function accessible(page: Page, where: string): Promise<void> {
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    const run = (globalThis as unknown as { axe: { run: () => Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }> } }).axe;
    return (await run.run()).violations.map((one) => `${one.id}: ${one.nodes.map((node) => `${node.html} ${node.failureSummary}`).join("\n")}`);
  });
  expect(violations, where).toEqual([]);
}

/** Fails the test for what a page should never do: reach elsewhere, break its own policy, throw. */
export function watch(page: Page): string[] {
  const seen: string[] = [];
  const home = new URL(process.env.CONCERTINA_ADMIN_URL ?? "").origin;
  page.on("request", (request) => {
    if (!request.url().startsWith(home) && !request.url().startsWith("data:")) {
      seen.push(`asked ${request.url()}`);
    }
  });
  page.on("pageerror", (error) => seen.push(`threw ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      seen.push(`said ${message.text()}`);
    }
  });
  return seen;
}

export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.CONCERTINA_SCREENSHOTS;
  if (folder) {
    await page.screenshot({ path: `${folder}/${name}.png` });
  }
}
