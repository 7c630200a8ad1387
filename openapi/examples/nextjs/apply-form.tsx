"use client";
import { useActionState } from "react";
import { submitApplication } from "./actions";

// `formKey` is made on the server for each visitor, `crypto.randomUUID()`: a form that is sent twice is one application.
export function ApplyForm({ formKey }: { formKey: string }) {
  const [state, action, sending] = useActionState(submitApplication, {});
  if (state.statusUrl) {
    return (
      <p role="status">
        We have your application. <a href={state.statusUrl}>See where it stands</a>
      </p>
    );
  }
  return (
    <form action={action}>
      <input type="hidden" name="_idempotency_key" value={formKey} />
      {state.message && <p role="alert">{state.message}</p>}
      <label>
        Your name <input name="name" defaultValue={state.typed?.name} autoComplete="name" required aria-invalid={!!state.errors?.name} />
      </label>
      <label>
        Your email address <input name="email" type="email" defaultValue={state.typed?.email} autoComplete="email" required aria-invalid={!!state.errors?.email} />
      </label>
      <label>
        Your résumé <input name="resume" type="file" />
      </label>
      <input name="_gotcha" hidden tabIndex={-1} autoComplete="off" aria-hidden="true" />
      <button disabled={sending}>Apply</button>
    </form>
  );
}
