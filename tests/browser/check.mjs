// The pages and the script in a real browser: check.mjs PROGRAM [--pictures FOLDER]. Ends with 1 unless everything holds.
import assert from "node:assert/strict";
import { readFile, writeFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import axe from "axe-core";
import puppeteer from "puppeteer-core";
import { network, site, start, until } from "./server.mjs";

const [program, option, pictures] = process.argv.slice(2);
const examples = new URL("../../openapi/examples/", import.meta.url);
const PHONE = { width: 390, height: 844, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const DESK = { width: 1280, height: 900 };

const server = await start(program);
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  // A container has no user namespaces to make a sandbox of; only our own pages are opened.
  args: ["--no-sandbox", "--disable-dev-shm-usage"],
});
const folder = await mkdtemp(join(tmpdir(), "hearback-browser-"));
const resume = join(folder, "Robin Example.pdf");
await writeFile(resume, "%PDF-1.4\n% a small one\n");
const notTaken = join(folder, "program.pdf");
await writeFile(notTaken, Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0]));

/** The static page of the examples, filled in as its reader would. */
async function staticPage(address) {
  const html = await readFile(new URL("static-page/index.html", examples), "utf8");
  return html.replaceAll("http://127.0.0.1:8080", address).replace("job_FILL_ME_IN", server.job).replace("pk_FILL_ME_IN", server.publishable);
}

async function opened(viewport = DESK, features = []) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.setViewport(viewport);
  await page.emulateMediaFeatures(features);
  page.troubles = [];
  page.on("pageerror", (error) => page.troubles.push(String(error)));
  page.on("request", (request) => page.asked?.push(request.url()));
  return page;
}

async function apply(email, more = {}) {
  const body = { name: "Robin Example", email, ...more };
  const answer = await fetch(`${server.url}/v1/jobs/${server.job}/applications`, {
    method: "POST", headers: { Authorization: `Bearer ${server.publishable}`, "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  assert.equal(answer.status, 201);
  const receipt = await answer.json();
  await until("the acknowledgement", async () => (await server.mails(email)).length === 1);
  // What a mail said is on the page once its acceptance is settled.
  await until("the text on the page", async () => (await (await fetch(receipt.status_url)).text()).includes("<details"));
  return receipt;
}

async function accessible(page, name) {
  await page.setBypassCSP(true);
  await page.reload();
  await audited(page, name);
}

async function audited(page, name) {
  await page.evaluate(axe.source);
  const options = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] };
  const { violations } = await page.evaluate((options) => axe.run(document, options), options);
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`), [], name);
}

async function picture(page, name) {
  if (option === "--pictures") await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

const checks = {
  async "every page is accessible, at a desk, on a phone and in the dark, and asks nobody else for anything"() {
    const english = await apply("robin@example.org");
    const rejected = await apply("sam@example.org");
    await server.api(`/v1/applications/${rejected.id}/move`, { stage: "interview", tell: true });
    const german = await apply("kim@example.org", { locale: "de", time_zone: "Europe/Berlin" });
    const pages = {
      home: `${server.url}/`, status: english.status_url, moved: rejected.status_url, german: german.status_url,
      withdraw: `${english.status_url}/withdraw`, refusal: `${server.url}/s/nonsense`, mailbox: `${server.url}/dev/mailbox`,
      problems: `${server.url}/problems`, problem: `${server.url}/problems/invalid_body`,
    };
    for (const [look, viewport, scheme] of [["desk", DESK, "light"], ["phone", PHONE, "light"], ["dark", PHONE, "dark"]]) {
      for (const [name, url] of Object.entries(pages)) {
        const page = await opened(viewport, [{ name: "prefers-color-scheme", value: scheme }]);
        page.asked = [];
        const answer = await page.goto(url);
        assert.ok(page.asked.every((asked) => asked === url || asked.startsWith("data:")), `${name} asks ${page.asked}`);
        assert.equal(answer.headers()["referrer-policy"], "no-referrer");
        const tooWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
        assert.ok(!tooWide, `${name} is wider than a ${look}`);
        await picture(page, `${name}-${look}`);
        await accessible(page, `${name}, ${look}`);
        assert.deepEqual(page.troubles, []);
        await page.browserContext().close();
      }
    }
  },

  async "without a script, an applicant mends a mistake, applies, looks and withdraws"() {
    const careers = await site({ "/": await staticPage(server.url) });
    const page = await opened(PHONE);
    await page.setJavaScriptEnabled(false);
    await page.goto(careers.url);
    await page.type("#name", "Zoë Without");
    await page.$eval("#email", (field) => { field.type = "text"; });
    await page.type("#email", "zoe@nowhere");
    await (await page.$("#resume")).uploadFile(resume);
    await Promise.all([page.waitForNavigation(), page.click("button")]);
    assert.equal(await page.$eval("#name", (field) => field.value), "Zoë Without");
    assert.equal(await page.$eval("#email", (field) => field.value), "zoe@nowhere");
    await picture(page, "form-phone");
    await page.$eval("#email", (field) => { field.value = "zoe@example.org"; });
    await (await page.$("#resume")).uploadFile(resume);
    await Promise.all([page.waitForNavigation(), page.click("button")]);
    assert.match(page.url(), /\/s\/[a-z2-7]+$/);
    const [application] = await server.applications("zoe@example.org");
    const { items } = await server.api(`/v1/applications/${application.id}/attachments`);
    assert.deepEqual(items.map((file) => [file.role, file.file_name, file.media_type]), [["resume", "Robin Example.pdf", "application/pdf"]]);
    const own = page.url();
    await Promise.all([page.waitForNavigation(), page.click("a[href$='/withdraw']")]);
    assert.equal((await server.api(`/v1/applications/${application.id}`)).status, "active", "a link only asks");
    await Promise.all([page.waitForNavigation(), page.click("button")]);
    assert.equal(page.url(), own);
    assert.match(await page.$eval("h1", (headline) => headline.textContent), /withdrawn/);
    assert.equal((await server.api(`/v1/applications/${application.id}`)).status, "withdrawn");
    await page.browserContext().close();
    careers.stop();
  },
};

checks["the page of a mistake is accessible in every language"] = async () => {
  for (const [locale, scheme] of [["en", "light"], ["de", "dark"], ["fr", "light"], ["es", "dark"]]) {
    const page = await opened(PHONE, [{ name: "prefers-color-scheme", value: scheme }]);
    await page.setBypassCSP(true);
    await page.setContent(`<form method="post" enctype="multipart/form-data" action="${server.url}/v1/jobs/${server.job}/applications">
      <input name="_key" value="${server.publishable}"><input name="email" value="nobody"><input name="locale" value="${locale}"><input type="file" name="resume"><button>go</button></form>`);
    await (await page.$("input[type=file]")).uploadFile(notTaken);
    await Promise.all([page.waitForNavigation(), page.click("button")]);
    assert.equal(await page.$eval("html", (html) => html.lang), locale);
    await picture(page, `mistake-${locale}`);
    await audited(page, `mistake, ${locale}`);
    await page.browserContext().close();
  }
};

for (const when of ["before", "after"]) {
  checks[`a network that is cut ${when} the server has the form: one application, one receipt, one mail`] = async () => {
    const between = await network(server.port);
    const careers = await site({ "/": await staticPage(between.url) });
    const email = `cut-${when}@example.org`;
    const page = await opened();
    await page.goto(careers.url);
    await page.waitForSelector("form[data-hearback-upgraded]");
    await page.type("#name", "Robin Example");
    await page.type("#email", email);
    await (await page.$("#resume")).uploadFile(resume);
    // Nobody is taken for a machine.
    await new Promise((resolve) => setTimeout(resolve, 3_100));
    between.cut(when);
    await page.click("button");
    await until("the cut", () => between.isCut);
    await page.waitForFunction(() => /No connection/.test(document.querySelector(".hearback-status").textContent));
    assert.equal(await page.$eval("#name", (field) => field.value), "Robin Example", "what was typed is still there");
    assert.ok(await page.$eval("button", (button) => button.disabled), "and nobody sends it twice by hand");
    assert.equal((await server.applications(email)).length, when === "after" ? 1 : 0);
    between.mend();
    await page.waitForSelector(".hearback-receipt a");
    assert.equal((await page.$$(".hearback-receipt")).length, 1);
    const link = await page.$eval(".hearback-receipt a", (link) => link.href);
    assert.match(link, /\/s\/[a-z2-7]+$/);
    assert.equal((await fetch(link)).status, 200);
    assert.equal((await server.applications(email)).length, 1);
    await until("the acknowledgement", async () => (await server.mails(email)).length === 1);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal((await server.mails(email)).length, 1);
    assert.ok(between.tries >= 2, "it was sent again");
    assert.equal(await page.evaluate(() => sessionStorage.length), 0, "the draft is gone");
    await picture(page, `receipt-${when}`);
    assert.deepEqual(page.troubles, []);
    await page.browserContext().close();
    careers.stop();
    between.stop();
  };
}

checks["a page that is loaded anew while nobody knows sends the same application once more by itself"] = async () => {
  const between = await network(server.port);
  const careers = await site({ "/": await staticPage(between.url) });
  const page = await opened();
  await page.goto(careers.url);
  await page.waitForSelector("form[data-hearback-upgraded]");
  await page.type("#name", "Robin Example");
  await page.type("#email", "anew@example.org");
  between.cut("after");
  await page.click("button");
  await until("the cut", () => between.isCut);
  between.mend();
  await page.reload();
  await page.waitForSelector(".hearback-receipt a");
  assert.equal((await server.applications("anew@example.org")).length, 1);
  await page.browserContext().close();
  careers.stop();
  between.stop();
};

checks["where the page may not read the answer, the browser itself sends the form, and it is the same application"] = async () => {
  const between = await network(server.port);
  const careers = await site({ "/": await staticPage(between.url) });
  const page = await opened();
  await page.goto(careers.url);
  await page.waitForSelector("form[data-hearback-upgraded]");
  await page.type("#name", "Robin Example");
  await page.type("#email", "hidden@example.org");
  await (await page.$("#resume")).uploadFile(resume);
  between.hide();
  await Promise.all([page.waitForNavigation(), page.click("button")]);
  assert.match(page.url(), /\/s\/[a-z2-7]+$/);
  assert.equal((await server.applications("hidden@example.org")).length, 1);
  await page.browserContext().close();
  careers.stop();
  between.stop();
};

checks["a draft outlives the page, and a mistake is shown beside its field"] = async () => {
  const careers = await site({ "/": await staticPage(server.url) });
  const page = await opened();
  await page.goto(careers.url);
  await page.waitForSelector("form[data-hearback-upgraded]");
  await page.type("#name", "Robin Example");
  await page.type("#email", "robin@example");
  await page.reload();
  await page.waitForFunction(() => document.querySelector("#email").value === "robin@example");
  await page.click("button");
  await page.waitForSelector("#email[aria-invalid]");
  assert.equal(await page.evaluate(() => document.activeElement.id), "email");
  assert.equal((await server.applications("robin@example.com")).length, 0);
  await page.type("#email", ".net");
  assert.equal(await page.$("#email[aria-invalid]"), null);
  await page.click("button");
  await page.waitForSelector(".hearback-receipt a");
  assert.equal((await server.applications("robin@example.net")).length, 1);
  assert.deepEqual(page.troubles, []);
  await page.browserContext().close();
  careers.stop();
};

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  const began = Date.now();
  try {
    await check();
    console.log(`ok      ${name} (${Date.now() - began} ms)`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}\n${error.stack}`);
  }
}
await browser.close();
await server.stop();
await rm(folder, { recursive: true });
process.exit(failed ? 1 : 0);
