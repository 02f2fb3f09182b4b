import { signal } from "@preact/signals";

/** Where the reader is: #/ or #/NAMESPACE/NAME/PAGE; a hash, so that a link can be kept and the server needs to know nothing. */

export const PAGES = ["overview", "operations", "decisions", "placement", "what-if"] as const;
export type Page = (typeof PAGES)[number];

export interface Route {
  namespace: string;
  name: string;
  page: Page;
}

function read(): Route | null {
  const [namespace, name, page] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  if (!namespace || !name) {
    return null;
  }
  return { namespace, name, page: PAGES.find((one) => one === page) ?? "overview" };
}

export const route = signal<Route | null>(read());
addEventListener("hashchange", () => {
  route.value = read();
  scrollTo(0, 0);
});

export const href = (one: { namespace: string; name: string }, page: Page = "overview"): string =>
  `#/${encodeURIComponent(one.namespace)}/${encodeURIComponent(one.name)}/${page}`;
