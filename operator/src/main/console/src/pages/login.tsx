import { useState } from "preact/hooks";
import { ApiError, call, signIn, words } from "../api";
import { ThemeChoice } from "../parts/theme-choice";

/** A token, which stays in this tab. */
export function Login({ why }: { why: string }) {
  const [token, setToken] = useState("");
  const [namespace, setNamespace] = useState("");
  const [error, setError] = useState(why);
  const [busy, setBusy] = useState(false);

  async function submit(event: Event) {
    event.preventDefault();
    const who = { token: token.trim(), namespace: namespace.trim() };
    if (!/^[\x21-\x7e]+$/.test(who.token)) {
      setError("That is no bearer token: it has spaces or letters that no token has. Copy the whole of it, and nothing else.");
      return;
    }
    setBusy(true);
    setError("");
    try {
      await call("GET", `/deployments${who.namespace ? `?namespace=${encodeURIComponent(who.namespace)}` : ""}`, undefined, who);
      signIn(who);
    } catch (problem) {
      const more =
        problem instanceof ApiError && problem.status === 403 && who.namespace === ""
          ? ". If you may see one namespace only, name it."
          : ".";
      setError(words(problem) + more);
      setBusy(false);
    }
  }

  return (
    <main class="login">
      <form class="card" onSubmit={submit}>
        <h1>
          <img src="./icon.svg" alt="" width="32" height="32" /> Concertina
        </h1>
        <label>
          Kubernetes bearer token
          <input
            type="password"
            autocomplete="off"
            required
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
            aria-describedby="token-help"
          />
        </label>
        <p class="note" id="token-help">
          <code>kubectl create token NAME</code> makes one for a service account; <code>./concertina demo</code> and{" "}
          <code>up</code> print where theirs is. It is kept for this tab alone. What it may do is what Kubernetes RBAC says.
        </p>
        <label>
          Namespace <small>(empty: all)</small>
          <input
            type="text"
            autocomplete="off"
            spellcheck={false}
            pattern="[a-z0-9]([\-a-z0-9]*[a-z0-9])?"
            title="lower case letters, digits and '-'"
            value={namespace}
            onInput={(event) => setNamespace(event.currentTarget.value)}
          />
        </label>
        {error && (
          <p class="error" role="alert">
            {error}
          </p>
        )}
        <div class="row spread">
          <button type="submit" class="primary" disabled={busy}>
            {busy ? "Asking…" : "Sign in"}
          </button>
          <ThemeChoice />
        </div>
      </form>
    </main>
  );
}
