# How our own code is compiled: one target, wspcheck_code, that everything of ours links.

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)

add_library(wspcheck_code INTERFACE)
target_compile_definitions(wspcheck_code INTERFACE UNICODE _UNICODE WIN32_LEAN_AND_MEAN _WIN32_WINNT=0x0601)

if(MSVC)
    set(CMAKE_MSVC_RUNTIME_LIBRARY "MultiThreaded$<$<CONFIG:Debug>:Debug>")
    target_compile_options(wspcheck_code INTERFACE /W4 /WX /utf-8 "/d1trimfile:${PROJECT_SOURCE_DIR}\\")
    target_compile_definitions(wspcheck_code INTERFACE _CRT_SECURE_NO_WARNINGS _CRT_NONSTDC_NO_WARNINGS)
    target_link_options(wspcheck_code INTERFACE /Brepro /INCREMENTAL:NO)
else()
    # The same sources give the same bytes wherever they lie: sources are named relative to the root, in __FILE__ and
    # in line information, and no time goes into the headers.
    target_compile_options(wspcheck_code INTERFACE
        -Wall -Wextra -Wpedantic -Werror
        "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=" "-ffile-prefix-map=${PROJECT_BINARY_DIR}=build")
    # Nothing to install beside the program: the compiler's own libraries go into it.
    target_link_options(wspcheck_code INTERFACE -static -Wl,--no-insert-timestamp)
endif()
