import { expect, test, type Locator, type Page } from "@playwright/test";
import { accessible, ADMIN, ONE, open, PAGES, picture, signIn, VIEWER, watch } from "./support";

const serving = (page: Page) => page.locator(".tile", { hasText: "Serving" }).locator("b");

async function agree(page: Page, button: Locator, yes: string): Promise<void> {
  await button.click();
  await page.getByRole("dialog").getByRole("button", { name: yes }).click();
  await expect(page.getByRole("dialog")).toBeHidden();
}

test("the page is served with a strict policy and is not asked for again when unchanged", async ({ request }) => {
  const page = await request.get("/console/");
  expect(page.status()).toBe(200);
  expect(page.headers()["content-security-policy"]).toContain("default-src 'none'; script-src 'self'");
  expect(page.headers()["cache-control"]).toBe("no-cache");
  expect(page.headers()["x-content-type-options"]).toBe("nosniff");
  const script = await request.get("/console/console.js");
  expect(script.headers()["content-type"]).toContain("javascript");
  const again = await request.get("/console/console.js", {
    headers: { "If-Modified-Since": script.headers()["last-modified"] ?? "" },
  });
  expect(again.status()).toBe(304);
  for (const path of ["/", "/console"]) {
    const way = await request.get(path, { maxRedirects: 0 });
    expect(way.status(), path).toBe(302);
    expect(way.headers()["location"], path).toBe("/console/");
  }
});

test("a token that is none gets a sentence, and nothing is kept of it", async ({ page }) => {
  const seen = watch(page);
  await page.goto("/console/");
  await accessible(page, "login");
  await picture(page, "console-login");
  for (const [garbage, sentence] of [
    ["two words", "no bearer token"],
    ["naïve", "no bearer token"],
    ["0123456789abcdef", "does not know this bearer token"],
    ["x".repeat(20_000), "too long"],
  ] as const) {
    await page.getByLabel("Kubernetes bearer token").fill(garbage);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("alert")).toContainText(sentence);
  }
  expect(await page.evaluate(() => sessionStorage.length + localStorage.length)).toBe(0);
  expect(seen).toEqual([]);
});

test("every page in light and dark, without a violation, from nowhere else", async ({ page }) => {
  const seen = watch(page);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    if (colorScheme === "light") {
      await signIn(page, ADMIN());
    } else {
      await page.goto("/console/");
    }
    await expect(page.getByRole("rowheader")).toBeVisible();
    await accessible(page, `deployments, ${colorScheme}`);
    await picture(page, `console-deployments-${colorScheme}`);
    for (const name of PAGES) {
      await open(page, name);
      await expect(page.locator("html")).toHaveAttribute("data-theme", colorScheme);
      await accessible(page, `${name}, ${colorScheme}`);
    }
  }
  expect(await page.evaluate(() => localStorage.length)).toBe(0);
  expect(seen).toEqual([]);
});

test("a width is asked for after a confirmation, and the operation is shown phase by phase", async ({ page }) => {
  test.slow();
  const seen = watch(page);
  await signIn(page, ADMIN());
  await open(page, "overview");
  const before = (await serving(page).textContent()) ?? "";
  const width = before.startsWith("1 ") ? "2" : "1";
  await page.getByRole("spinbutton", { name: "Width" }).fill(width);
  await page.getByRole("button", { name: "Ask for it" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText(`It goes on serving`);
  await accessible(page, "a confirmation");
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(serving(page)).toHaveText(before);
  await page.getByRole("button", { name: "Ask for it" }).click();
  await dialog.getByRole("button", { name: "Ask for" }).click();
  await expect(page.getByRole("heading", { name: "Under way" })).toBeVisible();
  await expect(page.locator(".phases li.now")).toBeVisible();
  await expect(serving(page)).toHaveText(width === "1" ? "1 rank" : `${width} ranks`, { timeout: 120_000 });
  await expect(page.getByRole("heading", { name: "Last operation" })).toBeVisible({ timeout: 60_000 });
  const phases = page.locator(".phases li.over");
  for (const phase of ["Planned", "Staging", "Warming", "Committing", "Reclaiming", "Succeeded"]) {
    await expect(phases.filter({ hasText: phase })).toHaveCount(1);
  }
  await expect(page.locator(".moved")).toContainText(/\d.* (KiB|MiB|B)/);
  await accessible(page, "an operation");
  expect(seen).toEqual([]);
});

test("back to the width before, and an operation that is cancelled", async ({ page }) => {
  test.slow();
  await signIn(page, ADMIN());
  await open(page, "overview");
  const before = (await serving(page).textContent()) ?? "";
  await agree(page, page.getByRole("button", { name: "Back to the width before" }), "Go back");
  await expect(serving(page)).not.toHaveText(before, { timeout: 120_000 });
  await expect(page.getByRole("heading", { name: "Last operation" })).toBeVisible({ timeout: 60_000 });
  await page.getByRole("spinbutton", { name: "Width" }).fill("4");
  await agree(page, page.getByRole("button", { name: "Ask for it" }), "Ask for");
  await agree(page, page.getByRole("button", { name: "Cancel" }), "Roll it back");
  await open(page, "operations");
  await expect(page.locator(".badge.bad", { hasText: "RolledBack" }).first()).toBeVisible({ timeout: 90_000 });
  await accessible(page, "an operation that was rolled back");
});

test("what an advisory decision proposes is approved", async ({ page }) => {
  test.slow();
  await signIn(page, ADMIN());
  await open(page, "overview");
  const proposed = /Last decision: (\d+)/;
  const heading = page.getByRole("heading", { name: proposed });
  await expect(heading).toBeVisible();
  const least = Number(proposed.exec((await heading.textContent()) ?? "")?.[1]);
  const other = least === 4 ? 3 : least + 1;
  const input = page.getByRole("spinbutton", { name: "Width" });
  if ((await input.inputValue()) !== String(other)) {
    await input.fill(String(other));
    await agree(page, page.getByRole("button", { name: "Ask for it" }), "Ask for");
  }
  await expect(serving(page)).toHaveText(`${other} ranks`, { timeout: 120_000 });
  const approve = page.getByRole("button", { name: /Approve \d+ rank/ });
  let chosen = "";
  await expect(async () => {
    await page.keyboard.press("Escape"); // a newer decision may have refused the one before
    chosen = ((await approve.textContent({ timeout: 10_000 })) ?? "").replace("Approve ", "");
    await approve.click({ timeout: 5000 });
    await page.getByRole("dialog").getByRole("button", { name: "Approve" }).click();
    await expect(page.getByRole("dialog")).toBeHidden({ timeout: 5000 });
  }).toPass({ timeout: 90_000 });
  await expect(serving(page)).toHaveText(chosen, { timeout: 120_000 });
  await expect(page.getByRole("heading", { name: "Last operation" })).toBeVisible({ timeout: 60_000 });
});

test("load, latency, attainment and width are drawn, and are in a table too", async ({ page }) => {
  await signIn(page, ADMIN());
  await open(page, "overview");
  for (const title of ["Width, ranks", "Requests", "Within the objective", "Time to first token", "Time per output token"]) {
    const plot = page.getByRole("img", { name: `${title} over time` });
    await expect(plot.locator("canvas")).toBeVisible();
    await expect(plot).toHaveAccessibleName(/: [\d,.]+.*, from/);
  }
  await page.getByText("The same as a table").click();
  await expect(page.getByRole("group", { name: "Load, latencies" }).getByRole("row").nth(3)).toBeVisible();
  await accessible(page, "the table of the charts");
});

test("pause and resume", async ({ page }) => {
  await signIn(page, ADMIN());
  await open(page, "overview");
  for (const [verb, then] of [
    ["Pause", "Resume"],
    ["Resume", "Pause"],
  ] as const) {
    await page.getByRole("button", { name: verb, exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: verb, exact: true }).click();
    await expect(page.getByRole("button", { name: then, exact: true })).toBeVisible();
  }
});

test("a decision says why, and what lost", async ({ page }) => {
  await signIn(page, ADMIN());
  await open(page, "decisions");
  await page.getByRole("checkbox", { name: "only those" }).uncheck();
  await page.locator("details.decision > summary").first().click();
  const opened = page.locator("details.decision[open]").first(); // a newer one may be first by now
  await expect(opened.locator("tbody tr").nth(1)).toBeVisible();
  await expect(opened.locator("tr.chosen")).toHaveCount(1);
  await expect(opened.locator("li").first()).not.toBeEmpty();
  await accessible(page, "decisions");
});

test("the heat map is walked with the arrow keys, and is a table too", async ({ page }) => {
  await signIn(page, ADMIN());
  await open(page, "placement");
  await page.getByRole("group", { name: "Heat map" }).focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowDown");
  await expect(page.locator(".readout")).toContainText("Layer 1, expert 1: rank");
  await page.getByRole("radio", { name: "load" }).check();
  await expect(page.locator(".readout")).toContainText("times the layer's mean load");
  await expect(page.getByRole("group", { name: "Experts of layer 0" }).getByRole("row").nth(2)).toBeVisible();
  await accessible(page, "placement by load");
});

test("what if, on sliders", async ({ page }) => {
  await signIn(page, ADMIN());
  await open(page, "what-if");
  await expect(page.getByRole("heading", { name: /With \d+ rank/ })).toBeVisible();
  const rate = page.getByRole("slider", { name: "Requests per second" });
  await rate.focus();
  await page.keyboard.press("End");
  await page.getByRole("checkbox", { name: "the scheduler chooses" }).uncheck();
  const width = page.getByRole("slider", { name: "Width" });
  await width.focus();
  await page.keyboard.press("Home");
  await expect(page.getByRole("heading", { name: "With 1 rank:" })).toContainText("missed");
  await accessible(page, "an answer");
});

test("only a keyboard", async ({ page }) => {
  await page.goto("/console/");
  await page.keyboard.press("Tab");
  await page.keyboard.type(ADMIN());
  await page.keyboard.press("Enter");
  await expect(page.getByText("live", { exact: true })).toBeVisible();
  const reach = async (name: string) => {
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press("Tab");
      const text = await page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");
      if (text === name) {
        return;
      }
    }
    throw new Error(`forty tabs do not reach ${name}`);
  };
  await reach(ONE.split("/")[2] ?? "");
  await page.keyboard.press("Enter");
  await reach("Placement");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("group", { name: "Heat map" })).toBeVisible();
  await reach("Sign out");
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("Kubernetes bearer token")).toBeVisible();
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
});

test("a token that may look sees everything and can change nothing", async ({ page }) => {
  await signIn(page, VIEWER());
  await open(page, "overview");
  await expect(page.getByText("Read-only: concertina-local-viewer may look, not change this.")).toBeVisible();
  for (const name of ["Ask for it", "Pause", "Back to the width before"]) {
    await expect(page.getByRole("button", { name })).toBeDisabled();
  }
  await accessible(page, "read-only");
  const refused = await page.request.post(`/api/v1/deployments/default/${ONE.split("/")[2]}/pause`, {
    headers: { Authorization: `Bearer ${VIEWER()}` },
  });
  expect(refused.status()).toBe(403);
  await open(page, "what-if");
  await expect(page.getByRole("heading", { name: /With \d+ rank/ })).toBeVisible();
});

test("on a phone nothing is cut off", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await signIn(page, ADMIN());
  for (const name of PAGES) {
    await open(page, name);
    await page.waitForTimeout(300);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(over, name).toBeLessThanOrEqual(0);
    await accessible(page, `${name} on a phone`);
    await picture(page, `console-phone-${name}`);
  }
});

test("pictures for the docs", async ({ page }) => {
  test.skip(!process.env.CONCERTINA_SCREENSHOTS, "CONCERTINA_SCREENSHOTS names no folder");
  await page.setViewportSize({ width: 1280, height: 900 });
  await signIn(page, ADMIN());
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const name of PAGES) {
      await open(page, name);
      await page.waitForTimeout(1500);
      if (name === "decisions") {
        await page.getByRole("checkbox", { name: "only those" }).uncheck();
      }
      await picture(page, `console-${name}-${colorScheme}`);
    }
    await open(page, "placement");
    await page.getByRole("radio", { name: "load" }).check();
    await picture(page, `console-load-${colorScheme}`);
  }
});

test("an operator that restarts is waited for", async ({ page }) => {
  const pid = Number(process.env.CONCERTINA_OPERATOR_PID);
  test.skip(!pid, "CONCERTINA_OPERATOR_PID names no process");
  await signIn(page, ADMIN());
  await open(page, "overview");
  process.kill(pid, "SIGKILL");
  await expect(page.getByRole("alert")).toContainText("No connection");
  await expect(page.getByRole("heading", { name: "Over time" })).toBeVisible();
  await expect(page.getByText("live", { exact: true })).toBeVisible({ timeout: 90_000 });
  await expect(page.getByRole("alert")).toHaveCount(0);
  await expect(serving(page)).toHaveText(/\d+ rank/);
});
