# gnu-free: a target that has clang look at every source of the suite for what only GNU C accepts.

find_program(WSPCHECK_CLANG clang)
if(NOT MINGW OR NOT CMAKE_SIZEOF_VOID_P EQUAL 8 OR NOT WSPCHECK_CLANG)
    return()
endif()

set(checked "")
foreach(source IN LISTS sources program ITEMS "${generated}/registry.c")
    cmake_path(RELATIVE_PATH source BASE_DIRECTORY "${PROJECT_SOURCE_DIR}" OUTPUT_VARIABLE name)
    set(stamp "${CMAKE_CURRENT_BINARY_DIR}/gnu-free/${name}.ok")
    cmake_path(GET stamp PARENT_PATH folder)
    file(MAKE_DIRECTORY "${folder}")
    add_custom_command(
        OUTPUT "${stamp}"
        COMMAND "${WSPCHECK_CLANG}" --target=x86_64-w64-windows-gnu -std=c11 -Wgnu -Wall -Wextra -Wpedantic -Werror
            -fsyntax-only -MD -MT "${stamp}" -MF "${stamp}.d"
            "-D$<JOIN:$<TARGET_PROPERTY:suite,COMPILE_DEFINITIONS>,;-D>"
            "-I$<JOIN:$<TARGET_PROPERTY:suite,INCLUDE_DIRECTORIES>,;-I>"
            "${source}"
        COMMAND "${CMAKE_COMMAND}" -E touch "${stamp}"
        DEPENDS "${source}" wspcheck_version
        DEPFILE "${stamp}.d"
        COMMENT "Looking for GNU C in ${name}" VERBATIM COMMAND_EXPAND_LISTS)
    list(APPEND checked "${stamp}")
endforeach()
add_custom_target(gnu-free DEPENDS ${checked})
