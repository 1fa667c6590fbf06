// Counts an undo button down, copies a text, and puts the cursor where a note is written. Without
// this file all of it still works by hand.
for (const button of document.querySelectorAll("[data-undo-s]")) {
  const count = document.createElement("span");
  count.setAttribute("aria-hidden", "true");
  button.append(count);
  const until = performance.now() + Number(button.dataset.undoS) * 1000;
  const timer = setInterval(tick, 250);
  function tick() {
    const left = Math.ceil((until - performance.now()) / 1000);
    count.textContent = ` ${left}`;
    if (left > 0) return;
    clearInterval(timer);
    button.remove();
  }
  tick();
}

for (const button of document.querySelectorAll("[data-copies]")) {
  const text = document.getElementById(button.dataset.copies);
  const said = button.nextElementSibling;
  button.hidden = false;
  button.addEventListener("click", async () => {
    text.select();
    try {
      await navigator.clipboard.writeText(text.value);
      said.textContent = button.dataset.done;
    } catch {
      // No clipboard outside HTTPS: the old way, and if it fails the text is selected at least.
      said.textContent = document.execCommand("copy") ? button.dataset.done : button.dataset.failed;
    }
  });
}

// Who opens a note goes on typing: outside its field, letters would be commands of the page.
document.addEventListener("toggle", ({ target }) => {
  if (target.open && target.matches(".note-form")) target.querySelector("textarea").focus();
}, true);
