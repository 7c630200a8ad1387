// The worked examples against a server, as they stand: examples.mjs PROGRAM. The static page is checked in a browser by check.mjs.
// Simulated: WordPress (wordpress.php has the functions that the plugin calls) and Next.js (its action is called with a FormData, as
// React would; the component is only compiled, against stand-ins for React's types).
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { start, until } from "./server.mjs";

const run = promisify(execFile);
const here = fileURLToPath(new URL(".", import.meta.url));
const examples = fileURLToPath(new URL("../../openapi/examples/", import.meta.url));
const server = await start(process.argv[2]);
const folder = await mkdtemp(join(here, ".built-"));
const resume = join(folder, "cv.pdf");
await writeFile(resume, "%PDF-1.4\n% a small one\n");
const environment = { ...process.env, HEARBACK_URL: server.url, HEARBACK_JOB: server.job, HEARBACK_KEY: server.publishable };
Object.assign(process.env, environment);
const tsc = join(here, "node_modules/.bin/tsc");

const compile = (files, ...more) =>
  run(tsc, ["--strict", "--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler", "--lib", "es2023,dom,dom.iterable", "--outDir", folder, ...more, ...files], { cwd: examples })
    .catch((error) => { throw new Error(error.stdout); });

const files = async (id) => (await server.api(`/v1/applications/${id}/attachments`)).items.map((file) => file.file_name);

const checks = {
  async curl() {
    const { stdout } = await run(join(examples, "curl/apply.sh"), ["Robin O'Example", "curl@example.org", resume], { env: environment });
    const receipt = JSON.parse(stdout);
    assert.deepEqual(await files(receipt.id), ["cv.pdf"]);
    await assert.rejects(run(join(examples, "curl/apply.sh"), ["Robin", "nobody"], { env: environment }), (error) => error.stdout.includes("invalid_address"));
  },
  async python() {
    const { stdout } = await run("python3", [join(examples, "python/apply.py"), "Robin Example", "python@example.org"], { env: environment });
    assert.equal((await fetch(JSON.parse(stdout).status_url)).status, 200);
  },
  async typescript() {
    await compile([join(examples, "typescript/apply.ts")]);
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    const { apply, Refused } = await import(pathToFileURL(join(folder, "apply.js")));
    const receipt = await apply({ ...server, key: server.publishable }, { name: "Robin Example", email: "typescript@example.org", locale: "fr" });
    assert.equal((await fetch(receipt.status_url)).status, 200);
    await assert.rejects(apply({ ...server, key: server.publishable }, { name: "", email: "x" }), (error) => error instanceof Refused && error.problem.errors.length === 2);
  },
  async nextjs() {
    const types = join(folder, "stand-ins.d.ts");
    await writeFile(types, `declare const process: { env: Record<string, string | undefined> };
      declare module "react" { export function useActionState<S>(action: (state: S, form: FormData) => Promise<S>, first: S): [S, (form: FormData) => void, boolean]; }
      declare module "react/jsx-runtime" { export const jsx: unknown; export const jsxs: unknown; }
      declare namespace JSX { interface IntrinsicElements { [name: string]: unknown } }`);
    await compile([types, join(examples, "nextjs/actions.ts"), join(examples, "nextjs/apply-form.tsx")], "--jsx", "react-jsx");
    const { submitApplication } = await import(pathToFileURL(join(folder, "actions.js")));
    const form = new FormData();
    form.set("$ACTION_ID_1", "");
    form.set("name", "Robin Example");
    form.set("email", "nobody");
    form.set("resume", new File(["%PDF-1.4"], "cv.pdf"));
    form.set("_idempotency_key", "one-form");
    const refused = await submitApplication({}, form);
    assert.match(refused.errors.email, /must|name@example/);
    assert.equal(refused.typed.name, "Robin Example");
    form.set("email", "nextjs@example.org");
    const [one, again] = [await submitApplication(refused, form), await submitApplication(refused, form)];
    assert.equal(one.statusUrl, again.statusUrl);
    const found = await server.applications("nextjs@example.org");
    assert.equal(found.length, 1);
    assert.deepEqual(await files(found[0].id), ["cv.pdf"]);
  },
  async wordpress() {
    const plugin = join(examples, "wordpress/hearback-form.php");
    const post = (email) => run("php", [join(here, "wordpress.php"), plugin, server.url, server.secret, server.job, "Robin O'Example", email, resume]);
    assert.match((await post("wordpress@example.org")).stdout, /^redirect 303 http:.*\/s\/[a-z2-7]+\n$/);
    const [application] = await server.applications("wordpress@example.org");
    assert.equal(application.name, "Robin O'Example");
    assert.deepEqual(await files(application.id), ["cv.pdf"]);
    assert.match((await post("nobody")).stdout, /^redirect 303 https:\/\/example\.com\/jobs\?hearback_error=/);
  },
};

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    if (name !== "nextjs") await until("the acknowledgement", async () => (await server.mails(`${name}@example.org`)).length === 1);
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n${error.stack}${error.stdout ?? ""}`);
  }
}
await server.stop();
await rm(folder, { recursive: true });
process.exit(failed ? 1 : 0);
