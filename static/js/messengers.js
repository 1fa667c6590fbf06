// Looks every second what became of a test. Without this file the page has a link that does.
const place = document.getElementById("messengers");
const UNTIL = Date.now() + 120_000;

async function look() {
  if (!("testing" in place.dataset) || Date.now() > UNTIL) return;
  try {
    const answer = await fetch(location.href, { signal: AbortSignal.timeout(10_000) });
    const html = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = html.getElementById("messengers");
    if (!found) return;
    if (!place.contains(document.activeElement)) {
      if (!("testing" in found.dataset)) delete place.dataset.testing;
      if (found.textContent !== place.textContent) place.replaceChildren(...found.childNodes);
    }
  } catch {
    // The next look may succeed.
  }
  setTimeout(look, 1000);
}
setTimeout(look, 1000);
