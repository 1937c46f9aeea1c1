"use strict";
// Everything here is optional: without scripts the page shows the same content.
(() => {
  const root = document.documentElement;
  const dark = () => root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;

  // Browsers may deny storage to a file opened from disk; the choice then lasts until the page is closed.
  const remembered = (write) => {
    try { return write ? localStorage.setItem("theme", write) : localStorage.getItem("theme"); }
    catch { return null; }
  };
  const asked = /^#(light|dark)$/.exec(location.hash);
  const theme = asked ? asked[1] : remembered();
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;

  const button = document.createElement("button");
  const label = () => { button.textContent = dark() ? "Light theme" : "Dark theme"; };
  button.type = "button";
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    remembered(root.dataset.theme);
    label();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", label);
  label();
  document.querySelector("header").append(button);

  // A range input handles the arrow keys, Home and End by itself.
  for (const strip of document.querySelectorAll(".strip")) {
    const frames = [...strip.querySelectorAll(".frame")];
    if (frames.length < 2) continue;
    const row = document.createElement("div");
    const range = document.createElement("input");
    const output = document.createElement("output");
    row.className = "slider";
    Object.assign(range, { type: "range", min: 0, max: frames.length - 1, value: frames.length - 1 });
    range.setAttribute("aria-label", "training step");
    const show = () => {
      frames.forEach((frame, i) => frame.classList.toggle("now", i === Number(range.value)));
      const step = frames[range.value].querySelector("p");
      output.textContent = step.textContent;
      range.setAttribute("aria-valuetext", step.textContent);
      frames.forEach((frame) => { frame.querySelector("p").hidden = true; });
    };
    range.addEventListener("input", show);
    row.append(range, output);
    strip.querySelector(".frames").after(row);
    strip.classList.add("live");
    show();
  }

  // Printed pages show the settings unfolded.
  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
})();
