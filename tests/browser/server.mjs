// A server of its own for a check, as somebody has it who starts the program for the first time.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const freePort = () => new Promise((resolve, reject) => {
  const server = net.createServer().once("error", reject).listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

/** Starts `hearback serve` in a folder of its own; `publicUrl` is what its links begin with. */
export async function start(program, settings = {}) {
  const folder = await mkdtemp(join(tmpdir(), "hearback-browser-"));
  const port = await freePort();
  const environment = { ...process.env, HEARBACK_LISTEN: `127.0.0.1:${port}`, HEARBACK_LOG__LEVEL: "warn", ...settings };
  const child = spawn(program, ["serve"], { cwd: folder, env: environment, stdio: ["ignore", "ignore", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const url = `http://127.0.0.1:${port}`;
  await until("the server to answer", async () => (await fetch(`${url}/health`)).ok);
  const keys = await until("the file with the keys", async () => {
    const text = await readFile(join(folder, "hearback.dev-keys"), "utf8");
    return Object.fromEntries([...text.matchAll(/^(\w+)="(.*)"$/gm)].map(([, name, value]) => [name, value]));
  });
  const api = async (path, body) => {
    const request = { headers: { Authorization: `Bearer ${keys.secret}`, "Content-Type": "application/json" } };
    const answer = await fetch(`${url}${path}`, body ? { ...request, method: "POST", body: JSON.stringify(body) } : request);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  return {
    ...keys, url, port, api,
    applications: async (email) => (await api(`/v1/applications?email=${encodeURIComponent(email)}`)).items,
    mails: async (email) => (await (await fetch(`${url}/dev/mailbox.json`)).json()).items.filter((mail) => mail.to === email),
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

/** Serves one page, from another origin than the API's. */
export async function site(pages) {
  const server = createServer((request, response) => {
    const page = pages[new URL(request.url, "http://x").pathname];
    response.writeHead(page ? 200 : 404, { "Content-Type": "text/html; charset=utf-8" }).end(page ?? "");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}

/**
 * A network between the browser and the server that can be cut. `cut(when)` cuts it at the next POST: `"before"` the server gets it,
 * or `"after"` it has answered and before the browser hears of it. From then on nothing gets through until `mend()`.
 */
export async function network(port) {
  let plan, isCut = false, tries = 0, hides = false;
  const sockets = new Set();
  const server = net.createServer((browser) => {
    if (isCut) return browser.destroy();
    const upstream = net.connect(port, "127.0.0.1");
    let isPost = false;
    const cut = () => {
      isCut = true;
      plan = undefined;
      for (const socket of sockets) socket.destroy();
      browser.destroy();
    };
    sockets.add(browser).add(upstream);
    browser.on("data", (data) => {
      if (/^POST /.test(data.toString("latin1"))) { isPost = true; tries += 1; }
      if (isPost && plan === "before") return cut();
      upstream.write(data);
    });
    upstream.on("data", (data) => {
      if (isPost && plan === "after") return cut();
      browser.write(hides ? Buffer.from(data.toString("latin1").replace(/access-control-allow-origin/i, "x-hidden"), "latin1") : data);
    });
    for (const [one, other] of [[browser, upstream], [upstream, browser]]) {
      one.on("error", () => {});
      one.on("close", () => { sockets.delete(one); other.destroy(); });
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cut: (when) => { plan = when; },
    get isCut() { return isCut; },
    get tries() { return tries; },
    /** From now on a page of another origin may not read an answer. */
    hide: () => { hides = true; },
    mend: () => { isCut = false; },
    stop: () => { server.close(); for (const socket of sockets) socket.destroy(); },
  };
}

export async function until(what, check, milliseconds = 30_000) {
  const end = Date.now() + milliseconds;
  let last;
  while (Date.now() < end) {
    try {
      const found = await check();
      if (found) return found;
    } catch (error) { last = error; }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`waited too long for ${what}${last ? `: ${last.message}` : ""}`);
}
