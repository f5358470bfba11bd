// Formulas: fsdocs leaves TeX in \( \) and \[ \]; Temml makes MathML of it.
for (const formula of document.querySelectorAll("span.math")) {
    const text = formula.textContent.trim();
    const displayMode = text.startsWith("\\[");
    temml.render(text.slice(2, -2), formula, { displayMode });
}

// Types of F# code, below the name under the pointer.
for (const name of document.querySelectorAll("[data-fsdocs-tip]")) {
    const tip = document.getElementById(name.dataset.fsdocsTip);

    if (tip && tip.showPopover) {
        name.addEventListener("mouseenter", () => {
            const place = name.getBoundingClientRect();
            tip.style.top = `${place.bottom + 4}px`;
            tip.style.left = `${place.left}px`;
            tip.showPopover();
        });
        name.addEventListener("mouseleave", () => tip.hidePopover());
    }
}

document.querySelector("nav a[aria-current]")?.scrollIntoView({ block: "center" });
