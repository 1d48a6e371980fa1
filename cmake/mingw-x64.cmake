# Windows x64 with Debian's mingw-w64.
set(CMAKE_SYSTEM_PROCESSOR AMD64)
set(MINGW_TRIPLET x86_64-w64-mingw32)
include("${CMAKE_CURRENT_LIST_DIR}/mingw-common.cmake")

find_program(WSPCHECK_WINE wine)
if(WSPCHECK_WINE)
    set(CMAKE_CROSSCOMPILING_EMULATOR "${WSPCHECK_WINE}")
endif()
