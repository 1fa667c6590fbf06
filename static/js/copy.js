// Copies a text that stands in a button. Without this file the button is not there, and a click on
// the text selects it.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      // No clipboard outside HTTPS: select the text and copy it the old way.
      getSelection().selectAllChildren(button.previousElementSibling);
      if (!document.execCommand("copy")) return;
    }
    button.textContent = button.dataset.done;
    button.setAttribute("role", "status");
  });
}
