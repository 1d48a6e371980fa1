# CMocka, cJSON and inih under one name each, whatever their packages call them:
# wspcheck::cmocka, wspcheck::cjson, wspcheck::inih. All are static libraries.

find_package(cmocka CONFIG REQUIRED)
find_package(cJSON CONFIG REQUIRED)
find_package(inih CONFIG REQUIRED)

# CMocka 1.1.5 names a folder and its shared library; later ones have targets, of which the static one is preferred.
add_library(wspcheck_cmocka INTERFACE)
add_library(wspcheck::cmocka ALIAS wspcheck_cmocka)
if(TARGET cmocka::cmocka-static)
    target_link_libraries(wspcheck_cmocka INTERFACE cmocka::cmocka-static)
elseif(TARGET cmocka::cmocka)
    target_link_libraries(wspcheck_cmocka INTERFACE cmocka::cmocka)
else()
    list(GET CMOCKA_LIBRARIES 0 cmocka_library)
    cmake_path(GET cmocka_library PARENT_PATH cmocka_folder)
    find_library(WSPCHECK_CMOCKA_LIBRARY NAMES cmocka-static cmocka HINTS "${cmocka_folder}" REQUIRED NO_DEFAULT_PATH)
    target_link_libraries(wspcheck_cmocka INTERFACE "${WSPCHECK_CMOCKA_LIBRARY}")
    target_include_directories(wspcheck_cmocka SYSTEM INTERFACE "${CMOCKA_INCLUDE_DIR}")
endif()

# Without CJSON_HIDE_SYMBOLS its header declares every function as an export of the program.
add_library(wspcheck_cjson INTERFACE)
add_library(wspcheck::cjson ALIAS wspcheck_cjson)
target_link_libraries(wspcheck_cjson INTERFACE ${CJSON_LIBRARIES})
target_compile_definitions(wspcheck_cjson INTERFACE CJSON_HIDE_SYMBOLS)
target_include_directories(wspcheck_cjson SYSTEM INTERFACE ${CJSON_INCLUDE_DIRS})

add_library(wspcheck::inih ALIAS inih::inih)
