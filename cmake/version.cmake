# version.h: WSPCHECK_VERSION, "1.0.0+g1a2b3c4" or "1.0.0+g1a2b3c4.dirty"; "1.0.0" outside of a git work tree.
# Included by CMakeLists.txt it adds a target that looks at every build; run as a script it writes the file, which is
# touched only when the version changes.

if(NOT CMAKE_SCRIPT_MODE_FILE)
    find_package(Git QUIET)
    add_custom_target(wspcheck_version
        COMMAND "${CMAKE_COMMAND}" "-DGIT=${GIT_EXECUTABLE}" "-DSOURCE=${PROJECT_SOURCE_DIR}"
            "-DVERSION=${PROJECT_VERSION}" "-DOUTPUT=${PROJECT_BINARY_DIR}/generated/version.h"
            -P "${CMAKE_CURRENT_LIST_FILE}"
        BYPRODUCTS "${PROJECT_BINARY_DIR}/generated/version.h"
        COMMENT "Looking at the version" VERBATIM)
    return()
endif()

set(suffix "")
if(GIT AND EXISTS "${SOURCE}/.git")
    execute_process(COMMAND "${GIT}" -C "${SOURCE}" rev-parse --short=7 HEAD
        OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed ERROR_QUIET)
    if(NOT failed)
        execute_process(COMMAND "${GIT}" -C "${SOURCE}" --no-optional-locks status --porcelain --untracked-files=no
            OUTPUT_VARIABLE changes ERROR_QUIET)
        set(suffix "+g${commit}")
        if(changes)
            string(APPEND suffix ".dirty")
        endif()
    endif()
endif()
file(CONFIGURE OUTPUT "${OUTPUT}" CONTENT [[
#ifndef WSPCHECK_VERSION_H
#define WSPCHECK_VERSION_H

#define WSPCHECK_VERSION "@VERSION@@suffix@"

#endif
]] @ONLY)
