drawRed();
drawFamilies();
drawRuns();
drawVerdicts();
drawChoices();
startControls();
size.width = grid.clientWidth;
readAddress();
startGrid();
addEventListener("hashchange", () => {
    if (location.hash !== known) readAddress();
});
performance.mark("drawn");
