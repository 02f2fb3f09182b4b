import { createParser } from "eventsource-parser";
import { authorization, problem, signOut, words, type Session } from "./api";
import { apply, beginConnection, connection, endOfFirstNews } from "./store";
import type { LiveEvent } from "./types";

/** The event stream: fetch, as EventSource cannot send a token. Comes back by itself, later and later, at most every ten seconds. */

const SILENCE_MS = 25_000; // the operator says something every ten seconds
const SETTLED_MS = 4_000;
const FLUSH_MS = 100;
const LONGEST_WAIT_MS = 10_000;

export function listen(who: Session): () => void {
  const end = new AbortController();
  void loop(who, end.signal);
  return () => end.abort();
}

async function loop(who: Session, ended: AbortSignal): Promise<void> {
  let wait = 500;
  while (!ended.aborted) {
    try {
      await once(who, ended, () => (wait = 500));
      connection.value = { state: "lost", detail: "the operator ended the stream" };
    } catch (error) {
      if (ended.aborted) {
        return;
      }
      if (error instanceof Refused) {
        connection.value = { state: "refused", detail: error.message };
        wait = LONGEST_WAIT_MS;
      } else {
        connection.value = { state: "lost", detail: words(error) };
      }
    }
    await new Promise((go) => setTimeout(go, wait));
    wait = Math.min(LONGEST_WAIT_MS, wait * 2);
  }
}

/** What waiting does not heal by itself. */
class Refused extends Error {}

async function once(who: Session, ended: AbortSignal, connected: () => void): Promise<void> {
  const silence = new AbortController();
  let watchdog = setTimeout(() => silence.abort(), SILENCE_MS);
  const query = who.namespace ? `?namespace=${encodeURIComponent(who.namespace)}` : "";
  let settled: ReturnType<typeof setTimeout> | undefined;
  let flushing: ReturnType<typeof setTimeout> | undefined;
  try {
    const response = await fetch(`/api/v1/events${query}`, {
      headers: { ...authorization(who), Accept: "text/event-stream" },
      signal: AbortSignal.any([ended, silence.signal]),
      cache: "no-store",
    });
    if (!response.ok || !response.body) {
      const error = await problem(response);
      if (error.status === 401) {
        signOut(error.message);
      }
      throw error.status === 403 || error.status === 401 ? new Refused(error.message) : error;
    }
    connected();
    beginConnection();
    connection.value = { state: "live", detail: "" };
    let waiting: LiveEvent[] = [];
    const flush = () => {
      flushing = undefined;
      const events = waiting;
      waiting = [];
      apply(events);
    };
    settled = setTimeout(() => {
      flush();
      endOfFirstNews();
    }, SETTLED_MS);
    const parser = createParser({
      onEvent: (message) => {
        waiting.push(JSON.parse(message.data) as LiveEvent);
        flushing ??= setTimeout(flush, FLUSH_MS);
      },
    });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      clearTimeout(watchdog);
      watchdog = setTimeout(() => silence.abort(), SILENCE_MS);
      parser.feed(value);
    }
  } catch (error) {
    if (silence.signal.aborted) {
      throw new Error("the operator was silent for too long");
    }
    throw error instanceof TypeError ? new Error("the operator does not answer; it may be restarting") : error;
  } finally {
    clearTimeout(watchdog);
    clearTimeout(settled);
    clearTimeout(flushing);
  }
}
