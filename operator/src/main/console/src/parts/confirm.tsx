import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { words } from "../api";

/** Nothing is changed before a reader has read what it will do and said yes. */

interface Asked {
  title: string;
  text: string;
  yes: string;
  danger?: boolean;
  act: () => Promise<string>;
}

const asked = signal<Asked | null>(null);
const toasts = signal<{ id: number; text: string }[]>([]);
let next = 1;

export function confirm(question: Asked): void {
  asked.value = question;
}

function toast(text: string): void {
  const id = next++;
  toasts.value = [...toasts.value, { id, text }];
  setTimeout(() => (toasts.value = toasts.value.filter((one) => one.id !== id)), 6000);
}

export function Toasts() {
  return (
    <div class="toasts" role="status">
      {toasts.value.map((one) => (
        <p key={one.id}>{one.text}</p>
      ))}
    </div>
  );
}

export function Confirmation() {
  const question = asked.value;
  const dialog = useRef<HTMLDialogElement>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  useEffect(() => {
    setError("");
    setBusy(false);
    if (question) {
      dialog.current?.showModal();
    } else {
      dialog.current?.close();
    }
  }, [question]);

  async function yes(event: Event) {
    event.preventDefault();
    if (!question) {
      return;
    }
    setBusy(true);
    setError("");
    try {
      const said = await question.act();
      asked.value = null;
      toast(said);
    } catch (problem) {
      setError(words(problem));
      setBusy(false);
    }
  }

  return (
    <dialog ref={dialog} aria-labelledby="ask-title" onClose={() => (asked.value = null)}>
      {question && (
        <form onSubmit={yes}>
          <h2 id="ask-title">{question.title}</h2>
          <p>{question.text}</p>
          {error && (
            <p class="error" role="alert">
              {error}
            </p>
          )}
          <div class="buttons">
            <button type="button" onClick={() => (asked.value = null)} autofocus>
              Leave it
            </button>
            <button type="submit" class={question.danger ? "danger" : "primary"} disabled={busy}>
              {busy ? "Asking…" : question.yes}
            </button>
          </div>
        </form>
      )}
    </dialog>
  );
}
