# vcpkg's own port has no line numbers for the handler and allows values over several lines; ../../inih builds the library
# just as on Debian.
vcpkg_check_linkage(ONLY_STATIC_LIBRARY)

vcpkg_from_github(
    OUT_SOURCE_PATH source
    REPO benhoyt/inih
    REF "r${VERSION}"
    SHA512 d69f488299c1896e87ddd3dd20cd9db5848da7afa4c6159b8a99ba9a5d33f35cadfdb9f65d6f2fe31decdbadb8b43bf610ff2699df475e1f9ff045e343ac26ae)

vcpkg_cmake_configure(SOURCE_PATH "${CURRENT_PORT_DIR}/../../inih" OPTIONS "-DINIH_SOURCE=${source}")
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/inih)
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include")
vcpkg_install_copyright(FILE_LIST "${source}/LICENSE.txt")
