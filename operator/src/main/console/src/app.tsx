import { useEffect } from "preact/hooks";
import { farewell, session, signOut } from "./api";
import { listen } from "./events";
import { Confirmation, Toasts } from "./parts/confirm";
import { Decisions } from "./pages/decisions";
import { Deployments } from "./pages/deployments";
import { Login } from "./pages/login";
import { Operations } from "./pages/operations";
import { Overview } from "./pages/overview";
import { PlacementPage } from "./pages/placement";
import { WhatIf } from "./pages/whatif";
import { ThemeChoice } from "./parts/theme-choice";
import { href, PAGES, route, type Page } from "./route";
import { connection, deployment, deployments, forget, permissions } from "./store";
import type { Deployment } from "./types";

const TITLES: Record<Page, string> = {
  overview: "Overview",
  operations: "Operations",
  decisions: "Decisions",
  placement: "Placement",
  "what-if": "What if",
};

export function App() {
  const who = session.value;
  useEffect(() => {
    if (!who) {
      forget();
      return;
    }
    return listen(who);
  }, [who]);
  if (!who) {
    return <Login why={farewell.value} />;
  }
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        Skip to content
      </a>
      <Header />
      <Trouble />
      <main id="main" tabIndex={-1}>
        <Body />
      </main>
      <Confirmation />
      <Toasts />
    </>
  );
}

/** The hash is the route, so the link must not change it. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

const CONNECTION = { connecting: "connecting", live: "live", lost: "no connection", refused: "refused" } as const;

function Header() {
  const state = connection.value.state;
  const users = new Set([...permissions.value.values()].map((one) => one.user));
  return (
    <header class="top">
      <a class="brand" href="#/">
        <img src="./icon.svg" alt="" width="26" height="26" />
        Concertina
      </a>
      <span class={`pill ${state}`} role="status">
        {CONNECTION[state]}
      </span>
      <span class="grow" />
      <span class="who" title="Whose token this is">
        {[...users].join(", ")}
      </span>
      <ThemeChoice />
      <button type="button" onClick={() => signOut()}>
        Sign out
      </button>
    </header>
  );
}

function Trouble() {
  const { state, detail } = connection.value;
  if (state === "live" || !detail) {
    return null;
  }
  return (
    <p class="trouble" role="alert">
      {state === "refused" ? "Nothing live: " : "No connection: "}
      {detail}. {state === "lost" && "What is shown may be old; trying again."}
    </p>
  );
}

function Body() {
  const where = route.value;
  if (!where) {
    return <Deployments />;
  }
  const one = deployment(where.namespace, where.name);
  if (!one) {
    return deployments.value.size === 0 && connection.value.state !== "live" ? (
      <p class="empty">Waiting for the operator.</p>
    ) : (
      <p class="empty">
        There is no deployment {where.name} in namespace {where.namespace}. <a href="#/">All deployments</a>
      </p>
    );
  }
  return (
    <>
      <div class="title">
        <a class="back" href="#/">
          ‹ All deployments
        </a>
        <h1>
          {one.name} <small>{one.namespace}</small>
        </h1>
        <span class="grow" />
        <nav aria-label="Pages of this deployment">
          {PAGES.map((page) => (
            <a key={page} href={href(one, page)} aria-current={page === where.page ? "page" : undefined}>
              {TITLES[page]}
            </a>
          ))}
        </nav>
      </div>
      <Shown one={one} page={where.page} key={`${one.namespace}/${one.name}`} />
    </>
  );
}

function Shown({ one, page }: { one: Deployment; page: Page }) {
  switch (page) {
    case "overview":
      return <Overview one={one} />;
    case "operations":
      return <Operations one={one} />;
    case "decisions":
      return <Decisions one={one} />;
    case "placement":
      return <PlacementPage one={one} />;
    case "what-if":
      return <WhatIf one={one} />;
  }
}
