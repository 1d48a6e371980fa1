# Writes the table of all cases and of the comment above each: cmake -D CASES=FOLDER -D OUTPUT=FILE -P registry.cmake
#
# A case is a line that begins with CASE(name, in a *.c file below FOLDER. Those of provider/ come first, then file after
# file by path, in a file from top to bottom. OUTPUT is left alone if it would not change.

# Where a case is declared, as "FILE:LINE", for a message. FILE is relative to CASES.
function(find_place file name result)
    file(READ "${CASES}/${file}" text)
    string(REGEX REPLACE "[][;\\]" " " text "${text}")
    string(REGEX MATCHALL "[^\n]*\n" lines "${text}")
    set(number 0)
    foreach(line IN LISTS lines)
        math(EXPR number "${number} + 1")
        if(line MATCHES "^CASE\\(${name},")
            break()
        endif()
    endforeach()
    set(${result} "${file}:${number}" PARENT_SCOPE)
endfunction()

# The comment that ends right above the case, as a C string literal; "" where there is none.
function(comment_above text name result)
    set(literal "")
    string(FIND "${text}" "\nCASE(${name}," end)
    string(SUBSTRING "${text}" 0 ${end} above)
    string(FIND "${above}" "/*" start REVERSE)
    if(NOT start EQUAL -1)
        string(SUBSTRING "${above}" ${start} -1 comment)
        if(comment MATCHES "^/[*](.*)[*]/$")
            set(words "${CMAKE_MATCH_1}")
        endif()
        # Code may stand between the last comment and the case: then there is none right above it.
        if(DEFINED words AND NOT words MATCHES "[*]/")
            string(REGEX REPLACE "\n[ \t]*[*]?[ \t]*" "\n" literal "\n${words}")
            string(STRIP "${literal}" literal)
            string(REPLACE "\\" "\\\\" literal "${literal}")
            string(REPLACE "\"" "\\\"" literal "${literal}")
            string(REPLACE "\n" "\\n\"\n    \"" literal "${literal}")
        endif()
    endif()
    set(${result} "\"${literal}\"" PARENT_SCOPE)
endfunction()

file(GLOB_RECURSE first RELATIVE "${CASES}" "${CASES}/provider/*.c")
file(GLOB_RECURSE files RELATIVE "${CASES}" "${CASES}/*.c")
list(SORT first)
list(SORT files)
list(REMOVE_ITEM files ${first} "")

set(declarations "")
set(entries "")
set(comments "")
foreach(file IN LISTS first files)
    file(STRINGS "${CASES}/${file}" lines REGEX "^CASE\\(")
    file(READ "${CASES}/${file}" text)
    string(REPLACE "\r\n" "\n" text "${text}")
    foreach(line IN LISTS lines)
        if(NOT line MATCHES "^CASE\\(([a-z0-9_]+),")
            message(FATAL_ERROR "${file}: '${line}', expected CASE(name, ...) with a name of a-z, 0-9 and _")
        endif()
        set(name ${CMAKE_MATCH_1})
        if(DEFINED file_of_${name})
            find_place("${file_of_${name}}" ${name} there)
            set(here "${file}")
            if(NOT file STREQUAL file_of_${name})
                find_place("${file}" ${name} here)
            endif()
            message(FATAL_ERROR "${here}: the case '${name}' is declared at ${there} already, expected another name")
        endif()
        set(file_of_${name} "${file}")
        string(APPEND declarations "extern const struct case_def case_${name};\n")
        string(APPEND entries "    &case_${name},\n")
        comment_above("${text}" ${name} comment)
        string(APPEND comments "    ${comment},\n")
    endforeach()
endforeach()

file(CONFIGURE OUTPUT "${OUTPUT}" CONTENT [[
/* Generated from the lines that begin with CASE( below suite/cases. */
#include "engine/registry.h"

@declarations@
const struct case_def *const case_registry[] = {
@entries@    NULL
};

const char *const case_comments[] = {
@comments@    NULL
};
]] @ONLY)
