import { signal } from "@preact/signals";

/** Who looks: a Kubernetes bearer token, kept for this tab alone, and the one namespace to look at, if not all. */
export interface Session {
  token: string;
  namespace: string;
}

const TOKEN = "concertina.token";
const NAMESPACE = "concertina.namespace";

function kept(): Session | null {
  const token = sessionStorage.getItem(TOKEN);
  return token ? { token, namespace: sessionStorage.getItem(NAMESPACE) ?? "" } : null;
}

export const session = signal<Session | null>(kept());
/** Why the reader was signed out, if not by their own wish. */
export const farewell = signal("");

export function signIn(wanted: Session): void {
  sessionStorage.setItem(TOKEN, wanted.token);
  sessionStorage.setItem(NAMESPACE, wanted.namespace);
  farewell.value = "";
  session.value = wanted;
}

export function signOut(why = ""): void {
  sessionStorage.removeItem(TOKEN);
  sessionStorage.removeItem(NAMESPACE);
  farewell.value = why;
  session.value = null;
}

/** An answer that is not what was asked for; the message is the API's own sentence where it gave one. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The problem of an answer (RFC 9457), or what there is of it. */
export async function problem(response: Response): Promise<ApiError> {
  let detail = "";
  try {
    const body = (await response.json()) as { detail?: string; title?: string };
    detail = body.detail ?? body.title ?? "";
  } catch {
    // not the operator's answer: a proxy's, for one
  }
  return new ApiError(response.status, detail || `the server answers ${response.status} ${response.statusText}`);
}

export function authorization(who: Session): Record<string, string> {
  return { Authorization: `Bearer ${who.token}` };
}

function key(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}

/** One call of the API. A token that is no longer known ends the session. */
export async function call<T>(method: string, path: string, body?: unknown, who = session.value): Promise<T> {
  if (!who) {
    throw new ApiError(401, "not signed in");
  }
  const headers: Record<string, string> = { ...authorization(who), Accept: "application/json" };
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
  }
  if (method === "POST") {
    headers["Idempotency-Key"] = key();
  }
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      cache: "no-store",
    });
  } catch {
    throw new ApiError(0, "the operator does not answer; it may be restarting");
  }
  if (!response.ok) {
    const error = await problem(response);
    if (error.status === 401 && who === session.value) {
      signOut(error.message);
    }
    throw error;
  }
  return (await response.json()) as T;
}

export const deploymentPath = (namespace: string, name: string): string =>
  `/deployments/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;

export const words = (error: unknown): string => (error instanceof Error ? error.message : String(error));
