// Shows a few of the region's studies in the page of an alert. Without this file the link opens them.
const place = document.getElementById("sample");
const link = place.querySelector("a");
link.addEventListener("click", async (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  place.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(link.href, { signal: AbortSignal.timeout(15_000) });
    const html = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = html.getElementById("sample-found");
    if (!found) throw new Error("another page");
    place.querySelector("#sample-found")?.remove();
    place.append(found);
  } catch {
    location.assign(link.href);
  }
  place.removeAttribute("aria-busy");
});
