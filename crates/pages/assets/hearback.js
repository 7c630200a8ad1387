/*! hearback.js: makes a plain application form survive a bad connection. Without it, the form works all the same. */
(() => {
  "use strict";

  const TEXTS = {
    en: {
      sending: "Sending your application …",
      waiting: "No connection. Your application is kept here and will be sent as soon as there is one. Please leave this page open.",
      received: "We have your application.",
      link: "See where it stands",
      keep: "Keep this link: it is yours alone. We have also sent it to you by email.",
      already: "We already have your application. The email that confirms it has a link to see where it stands.",
      closed: "This job no longer takes applications. Nothing was stored.",
      large: "These files are too large. Please choose fewer or smaller ones.",
      broken: "This form does not work. Your application was not sent: please tell the organisation.",
      check: "Please check this field.",
      files: "Your files were not kept. Please choose them again, then send.",
    },
    de: {
      sending: "Ihre Bewerbung wird gesendet …",
      waiting: "Keine Verbindung. Ihre Bewerbung bleibt hier und wird gesendet, sobald es wieder eine gibt. Bitte lassen Sie diese Seite offen.",
      received: "Wir haben Ihre Bewerbung.",
      link: "Stand der Bewerbung ansehen",
      keep: "Bewahren Sie diesen Link auf: Er gehört nur Ihnen. Wir haben ihn Ihnen auch per E-Mail geschickt.",
      already: "Wir haben Ihre Bewerbung bereits. In der E-Mail, die das bestätigt, steht ein Link zu ihrem Stand.",
      closed: "Auf diese Stelle kann man sich nicht mehr bewerben. Es wurde nichts gespeichert.",
      large: "Diese Dateien sind zu groß. Bitte wählen Sie weniger oder kleinere.",
      broken: "Dieses Formular funktioniert nicht. Ihre Bewerbung wurde nicht gesendet: Bitte sagen Sie es der Organisation.",
      check: "Bitte sehen Sie sich dieses Feld noch einmal an.",
      files: "Ihre Dateien wurden nicht behalten. Bitte wählen Sie sie noch einmal aus, und senden Sie dann.",
    },
    fr: {
      sending: "Envoi de votre candidature…",
      waiting: "Pas de connexion. Votre candidature est conservée ici et sera envoyée dès que possible. Laissez cette page ouverte.",
      received: "Nous avons votre candidature.",
      link: "Voir où elle en est",
      keep: "Gardez ce lien : il n’est qu’à vous. Nous vous l’avons aussi envoyé par e-mail.",
      already: "Nous avons déjà votre candidature. L’e-mail qui le confirme contient un lien pour voir où elle en est.",
      closed: "Ce poste n’accepte plus de candidatures. Rien n’a été enregistré.",
      large: "Ces fichiers sont trop volumineux. Choisissez-en moins ou de plus petits.",
      broken: "Ce formulaire ne fonctionne pas. Votre candidature n’a pas été envoyée : signalez-le à l’organisation.",
      check: "Vérifiez ce champ.",
      files: "Vos fichiers n’ont pas été conservés. Choisissez-les à nouveau, puis envoyez.",
    },
    es: {
      sending: "Enviando su candidatura…",
      waiting: "No hay conexión. Su candidatura se guarda aquí y se enviará en cuanto la haya. Deje esta página abierta.",
      received: "Tenemos su candidatura.",
      link: "Ver en qué punto está",
      keep: "Guarde este enlace: es solo suyo. También se lo hemos enviado por correo.",
      already: "Ya tenemos su candidatura. El correo que lo confirma tiene un enlace para ver en qué punto está.",
      closed: "Este puesto ya no admite candidaturas. No se ha guardado nada.",
      large: "Estos archivos son demasiado grandes. Elija menos o más pequeños.",
      broken: "Este formulario no funciona. Su candidatura no se ha enviado: dígaselo a la organización.",
      check: "Revise este campo.",
      files: "Sus archivos no se han guardado. Elíjalos otra vez y envíe.",
    },
  };

  const ATTEMPT_MS = 60_000;
  const LONGEST_WAIT_MS = 30_000;

  const texts = () => TEXTS[(document.documentElement.lang || navigator.language || "en").slice(0, 2).toLowerCase()] || TEXTS.en;

  // Of this tab only: other people use the same computer.
  const store = {
    read(key) {
      try { return JSON.parse(sessionStorage.getItem(key)); } catch { return null; }
    },
    write(key, value) {
      try { sessionStorage.setItem(key, JSON.stringify(value)); } catch { /* full or forbidden: the form works without */ }
    },
    clear(key) {
      try { sessionStorage.removeItem(key); } catch { /* the same */ }
    },
  };

  // `crypto.randomUUID` is for secure pages only.
  const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

  // What was typed, and nothing that the page's maker put there.
  const fieldsOf = (form) => [...form.elements].filter((field) =>
    field.name && !field.name.startsWith("_") && !["file", "hidden", "submit", "button", "password"].includes(field.type));

  const hasFiles = (form) => [...form.querySelectorAll("input[type=file]")].some((field) => field.files.length > 0);

  function upgrade(form) {
    if (form.dataset.hearbackUpgraded) return;
    form.dataset.hearbackUpgraded = "true";
    const place = `hearback:${form.action}`;
    const status = document.createElement("p");
    status.setAttribute("role", "status");
    status.className = "hearback-status";
    form.append(status);
    let sending = false;
    // Kept until an answer says what became of it: whatever is sent with it again is the same application.
    const kept = store.read(place) || {};
    let key = kept.key || newKey();
    // By the clock on the wall: it goes on while the page is loaded anew.
    const opened = kept.opened || Date.now();

    const keep = (sent) => {
      const typed = Object.fromEntries(fieldsOf(form).map((field) => [field.name, ["checkbox", "radio"].includes(field.type) ? field.checked : field.value]));
      store.write(place, { key, opened, typed, sent, files: hasFiles(form) });
    };

    for (const field of fieldsOf(form)) {
      const value = kept.typed && kept.typed[field.name];
      if (value === undefined || value === null) continue;
      if (["checkbox", "radio"].includes(field.type)) field.checked = value;
      else if (!field.value) field.value = value;
    }
    form.addEventListener("input", (event) => {
      mark(event.target, "");
      if (!sending) keep(false);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!sending) send();
    });
    // A page that was closed or loaded again while it did not know what became of an application sends it once more, by itself if it can.
    if (kept.sent) {
      if (kept.files) say(texts().files);
      else send();
    }

    async function send() {
      const text = texts();
      // Read before anything is disabled: what is disabled is not sent.
      const body = new FormData(form);
      body.set("_idempotency_key", key);
      body.set("_elapsed", String(Date.now() - opened));
      if (!body.get("time_zone")) body.set("time_zone", Intl.DateTimeFormat().resolvedOptions().timeZone || "");
      if (!body.get("locale")) body.set("locale", document.documentElement.lang || navigator.language || "");
      sending = true;
      keep(true);
      // What may have arrived must not be changed and sent under the same key.
      lock(true);
      say(text.sending);
      for (let attempt = 0; ; attempt += 1) {
        let answer, problem = {};
        try {
          answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" }, credentials: "omit", signal: AbortSignal.timeout(ATTEMPT_MS) });
          problem = await answer.json();
        } catch {
          // No answer, or half of one: it may have arrived. A whole one without JSON comes from something in between.
          if (answer && answer.status < 500 && answer.ok === false) return end(text.broken);
          answer = undefined;
        }
        if (answer && answer.status === 201) return receipt(problem);
        if (answer && answer.status < 500 && answer.status !== 429 && answer.status !== 408 && answer.status !== 409) return refused(answer.status, problem);
        // The server is there, and the page may not read what it answers: its origin is not on the key's list, or it is a file. The browser
        // itself may send the form, with the same key.
        if (!answer && attempt >= 2 && await isReachable()) return natively(body);
        say(text.waiting);
        await pause(attempt, answer && Number(answer.headers.get("Retry-After")));
        say(text.sending);
      }
    }

    // A look at a path that takes no GET: whatever is answered cannot be read, only that something is.
    const isReachable = () => fetch(form.action, { mode: "no-cors", credentials: "omit", signal: AbortSignal.timeout(ATTEMPT_MS) }).then(() => true, () => false);

    function natively(body) {
      lock(false);
      for (const name of ["_idempotency_key", "_elapsed", "time_zone", "locale"]) {
        if (form.elements.namedItem(name) || !body.get(name)) continue;
        const field = document.createElement("input");
        Object.assign(field, { type: "hidden", name, value: body.get(name) });
        form.append(field);
      }
      store.clear(place);
      HTMLFormElement.prototype.submit.call(form);
    }

    function refused(code, problem) {
      const text = texts();
      const reason = String(problem.type || "").split("/").pop();
      // The first try arrived, the page was loaded anew, and something was changed since.
      if (reason === "idempotency_key_reused") return done(text.already);
      if (reason === "job_closed") return end(text.closed);
      if (code === 413) return end(text.large);
      if (code !== 422) {
        console.error("hearback.js:", problem.detail || problem.title || code);
        return end(text.broken);
      }
      end("");
      let first, rest = [];
      for (const { pointer, detail } of problem.errors || []) {
        const field = form.elements.namedItem(String(pointer || "").slice(1));
        if (field && field.type !== "hidden") {
          mark(field, text === TEXTS.en ? detail : text.check);
          first = first || field;
        } else rest.push(`${pointer} ${detail}`);
      }
      if (rest.length) console.error("hearback.js: the form sends what cannot be used:", rest.join("; "));
      if (first) first.focus(); else say(text.broken);
    }

    // A definite no: nothing is on record, and what follows is another application.
    function end(words) {
      sending = false;
      key = newKey();
      lock(false);
      keep(false);
      say(words);
    }

    function receipt(given) {
      const text = texts();
      const link = document.createElement("a");
      link.href = given.status_url;
      link.textContent = text.link;
      const note = document.createElement("p");
      note.textContent = text.keep;
      const paragraph = document.createElement("p");
      paragraph.append(link);
      done(text.received, paragraph, note);
      window.dispatchEvent(new CustomEvent("hearback:receipt", { detail: given }));
    }

    function done(words, ...more) {
      store.clear(place);
      const box = document.createElement("div");
      box.className = "hearback-receipt";
      box.setAttribute("role", "status");
      box.tabIndex = -1;
      const headline = document.createElement("h2");
      headline.textContent = words;
      box.append(headline, ...more);
      form.replaceWith(box);
      box.focus();
    }

    function say(words) {
      status.textContent = words;
    }

    function lock(on) {
      form.setAttribute("aria-busy", String(on));
      for (const field of form.elements) {
        if (on) {
          if (!field.disabled) { field.disabled = true; field.dataset.hearbackLocked = "true"; }
        } else if (field.dataset.hearbackLocked) { field.disabled = false; delete field.dataset.hearbackLocked; }
      }
    }
  }

  function mark(field, words) {
    const id = `hearback-${field.name}-wrong`;
    let note = document.getElementById(id);
    if (!words) {
      if (note) note.remove();
      field.removeAttribute("aria-invalid");
      if (field.getAttribute("aria-describedby") === id) field.removeAttribute("aria-describedby");
      return;
    }
    if (!note) {
      note = document.createElement("p");
      note.id = id;
      note.className = "hearback-wrong";
      field.after(note);
    }
    note.textContent = words;
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", id);
  }

  // Longer and longer, as long as the server asks for, and over at once when the connection is back.
  function pause(attempt, retryAfter) {
    const asked = retryAfter > 0 ? retryAfter * 1000 : 1000 * 2 ** attempt;
    const wait = Math.min(asked, LONGEST_WAIT_MS) * (0.8 + 0.4 * Math.random());
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer);
        removeEventListener("online", go);
        resolve();
      };
      const timer = setTimeout(go, wait);
      addEventListener("online", go);
    });
  }

  const find = () => document.querySelectorAll("form[data-hearback], form[action*='/v1/jobs/'][action$='/applications']").forEach(upgrade);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", find);
  else find();
})();
