// Looks every two seconds how far the studies are. Without this file the page has a link that does.
const address = document.currentScript.dataset.progress;
const place = document.getElementById("studies");

function renew(found) {
  for (const part of found.querySelectorAll(".live, .deeds")) {
    const here = document.getElementById(part.id);
    // Nobody's button goes away under their finger.
    if (here && part.textContent !== here.textContent && !here.contains(document.activeElement)) {
      here.replaceChildren(...part.childNodes);
      here.parentElement.className = part.parentElement.className;
    }
  }
  if (!("moving" in found.dataset)) delete place.dataset.moving;
}

async function look() {
  if (!("moving" in place.dataset)) return;
  if (!document.hidden) {
    try {
      const answer = await fetch(address, { signal: AbortSignal.timeout(10_000) });
      const html = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = html.getElementById("studies");
      if (!found) return;
      renew(found);
      if (!("moving" in place.dataset)) location.reload();
    } catch {
      // The next look may succeed.
    }
  }
  setTimeout(look, 2000);
}
setTimeout(look, 2000);
