// Applies for a job from any program that has `fetch`: Node 18 or newer, Deno, Bun, a worker at the edge.

export interface Applicant {
  name: string;
  email: string;
  /** BCP 47, such as `de-AT`; without, the board's language. */
  locale?: string;
  /** IANA, such as `Europe/Berlin`; without, the job's. */
  time_zone?: string;
}

export interface Receipt {
  id: string;
  status_url: string;
  received_at: string;
}

/** RFC 9457. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  errors?: { pointer?: string; code: string; detail: string }[];
}

export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

export interface Server {
  url: string;
  job: string;
  key: string;
}

export async function apply({ url, job, key }: Server, applicant: Applicant): Promise<Receipt> {
  // The same key for every try, so that a try whose answer was lost does no harm.
  const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID() };
  const request = { method: "POST", headers, body: JSON.stringify(applicant) };
  for (let attempt = 0; ; attempt += 1) {
    let wait = 1000 * 2 ** attempt;
    try {
      const answer = await fetch(`${url}/v1/jobs/${job}/applications`, { ...request, signal: AbortSignal.timeout(30_000) });
      if (answer.ok) return (await answer.json()) as Receipt;
      if (answer.status < 500 && answer.status !== 409 && answer.status !== 429) throw new Refused((await answer.json()) as Problem);
      wait = 1000 * Number(answer.headers.get("Retry-After") ?? wait / 1000);
    } catch (error) {
      if (error instanceof Refused) throw error;
    }
    if (attempt === 5) throw new Error("the application could not be sent");
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
