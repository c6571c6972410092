// Keeps the page as it is in the terminal: takes what has changed, and sends what somebody asks for. Without it the page is one that is reloaded.
"use strict";

const QUIET = 25_000; // milliseconds without a word after which the connection is begun anew (a laptop that slept)
const HIDDEN = 30_000; // that a page may be out of sight before it lets go of its connection: a browser has few of them
const LOST = "The connection to watch is lost; trying again.";
const ENDED = "watch has ended. Begin it again in the terminal, and open the address that it shows.";

const place = (id) => document.getElementById(id);
let wanted = ""; // the element that gets the focus as soon as it is there
let frame = 0; // of the picture
let of = ""; // the exercise whose picture it is, and the frame with which that begins

// ---- what comes

const shown = new Map(); // what the server has sent for each place

function take(sections) {
  for (const [id, html] of Object.entries(sections)) {
    if (shown.get(id) === html) continue;
    shown.set(id, html);
    if (id === "title") {
      document.title = new DOMParser().parseFromString(html, "text/html").documentElement.textContent.trim();
      continue;
    }
    const element = place(id);
    const focused = element.contains(document.activeElement) ? document.activeElement.id : "";
    const open = [...element.querySelectorAll("details[open]")].map((one) => one.id);
    element.innerHTML = html; // made by the server's templates, which escape every text
    for (const name of open) place(name)?.setAttribute("open", "");
    if (id === "picture") leaf();
    if (focused && element !== document.activeElement) place(focused)?.focus({ preventScroll: true });
  }
  if (wanted && place(wanted)) {
    place(wanted).focus();
    wanted = "";
  }
}

// ---- frames: all are on the page, one is seen

function leaf() {
  const frames = [...document.querySelectorAll("#picture figure")];
  const exercise = document.querySelector("#marks [aria-current]")?.value ?? "";
  if (!frames.length) return;
  // Another exercise, or another first frame that differs: who has moved the slider keeps it as long as neither changes.
  const begin = document.querySelector("#picture .frames").dataset.begin;
  if (`${exercise} ${begin}` !== of) frame = Number(begin);
  of = `${exercise} ${begin}`;
  if (frames.length < 2) return;
  frame = Math.min(frame, frames.length - 1);
  const label = document.createElement("label");
  label.htmlFor = "frame";
  label.textContent = "Frame";
  const slider = document.createElement("input");
  Object.assign(slider, { type: "range", id: "frame", min: 1, max: frames.length, value: frame + 1 });
  const words = document.createElement("span"); // no output: the slider says it, and it would be said twice
  const row = document.createElement("div");
  row.className = "slider";
  row.append(label, slider, words);
  const box = document.querySelector("#picture .frames");
  box.before(row);
  box.classList.add("leafed");
  const images = frames.map((one) => one.querySelector("img"));
  const show = () => {
    words.textContent = `${frame + 1} of ${frames.length}: ${frames[frame].dataset.title}`;
    slider.setAttribute("aria-valuetext", words.textContent);
    const image = images[frame];
    image.loading = "eager";
    if (!image.complete) {
      image.addEventListener("load", show, { once: true }); // until then the last one stays
      return;
    }
    frames.forEach((one, number) => one.classList.toggle("seen", number === frame));
    for (const next of images.slice(frame + 1, frame + 3)) next.loading = "eager";
  };
  frames[frame].classList.add("seen"); // whatever becomes of its image
  slider.addEventListener("input", () => {
    frame = slider.valueAsNumber - 1;
    show();
  });
  show();
}

// ---- tabs: links to sections, made into tabs

function tabs() {
  const list = document.querySelector(".tabs");
  const links = [...list.querySelectorAll("a")];
  const panels = links.map((link) => document.querySelector(link.hash));
  list.setAttribute("role", "tablist");
  const choose = (chosen, focus) => {
    links.forEach((link, number) => {
      link.setAttribute("aria-selected", String(number === chosen));
      link.tabIndex = number === chosen ? 0 : -1;
      panels[number].hidden = number !== chosen;
    });
    if (focus) links[chosen].focus();
  };
  links.forEach((link, number) => {
    link.setAttribute("role", "tab");
    link.setAttribute("aria-controls", panels[number].id);
    panels[number].setAttribute("role", "tabpanel");
    link.addEventListener("click", (event) => {
      event.preventDefault();
      choose(number, true);
    });
    link.addEventListener("keydown", (event) => {
      const moves = { ArrowRight: number + 1, ArrowLeft: number - 1, Home: 0, End: links.length - 1 };
      if (event.key === " ") choose(number, true);
      else if (event.key in moves) choose((moves[event.key] + links.length) % links.length, true);
      else return;
      event.preventDefault();
    });
  });
  choose(0, false);
}

// ---- what somebody asks for

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const fields = new URLSearchParams(new FormData(form, event.submitter));
  if (fields.has("level")) wanted = `hint-${fields.get("level")}`;
  else wanted = "verdict";
  try {
    const answer = await fetch(form.getAttribute("action"), {
      method: "POST",
      body: fields,
      headers: { Accept: "application/json" },
    });
    if (!answer.ok) wanted = "";
  } catch {
    say(LOST);
  }
});

// ---- the connection

let source = null;
let heard = Date.now();
let ended = false;
let hiding = 0;

function say(text) {
  if (place("connection").textContent !== text) place("connection").textContent = text;
  document.body.classList.toggle("away", Boolean(text));
}

function listen() {
  source?.close();
  source = new EventSource("/events");
  heard = Date.now();
  const hear = (name, answer) =>
    source.addEventListener(name, (event) => {
      heard = Date.now();
      answer(event.data);
    });
  hear("sections", (data) => {
    say("");
    take(JSON.parse(data));
  });
  hear("beat", () => say(""));
  hear("ended", () => {
    ended = true;
    source.close();
    say(ENDED);
  });
  source.addEventListener("error", () => {
    if (!ended) say(source.readyState === EventSource.CLOSED ? ENDED : LOST);
  });
}

setInterval(() => {
  if (!ended && source && source.readyState !== EventSource.CLOSED && Date.now() - heard > QUIET) listen();
}, 1_000);

document.addEventListener("visibilitychange", () => {
  clearTimeout(hiding);
  if (ended) return;
  if (document.hidden) {
    hiding = setTimeout(() => {
      source?.close();
      source = null;
    }, HIDDEN);
  } else if (!source || source.readyState === EventSource.CLOSED || Date.now() - heard > QUIET) listen();
});

tabs();
leaf();
listen();
