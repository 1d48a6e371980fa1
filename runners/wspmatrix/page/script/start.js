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
    if (location.hash.slice(1) !== addressOfView()) readAddress();
});
performance.mark("drawn");
