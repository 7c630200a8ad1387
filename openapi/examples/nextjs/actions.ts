"use server";
// A server action for a form of the App Router: `const [state, action] = useActionState(submitApplication, {})`, `<form action={action}>`.
// The key stays on the server, and the form works before, and without, its script.

export interface State {
  /** Where the applicant sees how the application stands. */
  statusUrl?: string;
  /** What is wrong, by field. */
  errors?: Record<string, string>;
  message?: string;
  /** To be shown again in the fields. */
  typed?: { name: string; email: string };
}

export async function submitApplication(_previous: State, form: FormData): Promise<State> {
  const typed = { name: String(form.get("name") ?? ""), email: String(form.get("email") ?? "") };
  const sent = new FormData();
  // Only what belongs to an application: Next.js adds fields of its own.
  for (const field of ["name", "email", "resume", "_gotcha", "_idempotency_key", "_opened_at"]) {
    const value = form.get(field);
    if (value !== null) sent.set(field, value);
  }
  let answer: Response;
  try {
    answer = await fetch(`${process.env.HEARBACK_URL}/v1/jobs/${process.env.HEARBACK_JOB}/applications`, {
      method: "POST",
      headers: { Authorization: `Bearer ${process.env.HEARBACK_KEY}`, Accept: "application/json" },
      body: sent,
      cache: "no-store",
    });
  } catch {
    return { typed, message: "Your application could not be sent just now. Please send it again." };
  }
  const body = await answer.json();
  if (answer.status === 201) return { statusUrl: body.status_url };
  const wrong: { pointer?: string; detail: string }[] = body.errors ?? [];
  const errors = Object.fromEntries(wrong.map(({ pointer, detail }) => [String(pointer ?? "").slice(1), detail]));
  return { typed, errors, message: body.detail };
}
