// A client that was generated from the document does what callers do first.
import createClient from "openapi-fetch";
import type { paths } from "./api";

declare const process: { env: Record<string, string | undefined>; exit(code: number): never };

function must<T>(what: string, value: T | undefined): T {
  if (value === undefined) throw new Error(`no ${what}`);
  return value;
}

async function main() {
  const headers = { Authorization: `Bearer ${must("KEY", process.env["KEY"])}` };
  const api = createClient<paths>({ baseUrl: must("BASE", process.env["BASE"]), headers });
  const jobs = must("jobs", (await api.GET("/v1/jobs")).data);
  const job = must("job", jobs.items[0]);
  const body = { name: "Robin Example", email: "robin@example.org" };
  const apply = () =>
    api.POST("/v1/jobs/{id}/applications", { params: { path: { id: job.id }, header: { "Idempotency-Key": "smoke-ts" } }, body });
  const receipt = must("receipt", (await apply()).data);
  if (must("receipt", (await apply()).data).id !== receipt.id) throw new Error("sent again, it is another application");
  const moved = await api.POST("/v1/applications/{id}/move", { params: { path: { id: receipt.id } }, body: { stage: "review", tell: false } });
  if (must("application", moved.data).stage !== "review") throw new Error("it was not moved");
  const refused = await api.POST("/v1/boards", { body: {} as never });
  if (must("problem", refused.error).type !== "/problems/invalid_body") throw new Error("the problem is another");
  console.log("TypeScript: applied, sent again, moved, refused");
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
