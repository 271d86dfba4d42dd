# SPDX-License-Identifier: GPL-3.0-or-later
# Settings that every target shares, and the three functions that make targets out of folders.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib/mambascope")
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(MAMBASCOPE_CCACHE ccache)
if(MAMBASCOPE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${MAMBASCOPE_CCACHE}")
    set(CMAKE_CUDA_COMPILER_LAUNCHER "${MAMBASCOPE_CCACHE}")
endif()
find_program(MAMBASCOPE_MOLD mold)
if(MAMBASCOPE_MOLD)
    add_link_options(-fuse-ld=mold)
endif()

find_package(Threads REQUIRED)

# Warnings, sanitizers and the include root (headers are included as "core/base/result.h").
add_library(mambascope_options INTERFACE)
target_include_directories(mambascope_options INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_options(mambascope_options INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wno-missing-field-initializers>)
target_compile_definitions(mambascope_options INTERFACE MAMBASCOPE_VERSION="${PROJECT_VERSION}")
target_link_libraries(mambascope_options INTERFACE Threads::Threads)
if(MAMBASCOPE_SANITIZE)
    target_compile_options(mambascope_options INTERFACE -fsanitize=${MAMBASCOPE_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(mambascope_options INTERFACE -fsanitize=${MAMBASCOPE_SANITIZE})
endif()

# mambascope_module(NAME [LINK targets…]): the folder is the module. A static library of all .cpp files in the
# current folder, alias mambascope::NAME. LINK names what its public headers need.
function(mambascope_module name)
    cmake_parse_arguments(arg "" "" "LINK;PRIVATE" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp" "${CMAKE_CURRENT_SOURCE_DIR}/*.h")
    add_library(mambascope_${name} STATIC ${sources})
    set_target_properties(mambascope_${name} PROPERTIES LINKER_LANGUAGE CXX)
    add_library(mambascope::${name} ALIAS mambascope_${name})
    target_link_libraries(mambascope_${name} PUBLIC mambascope_options ${arg_LINK} PRIVATE ${arg_PRIVATE})
endfunction()

# mambascope_tests([LINK targets…]): every *_test.cpp in the current folder becomes one Qt Test executable and one
# ctest entry "folder/name", run offscreen with a home of its own.
function(mambascope_tests)
    cmake_parse_arguments(arg "" "" "LINK;ENVIRONMENT;LABELS" ${ARGN})
    file(RELATIVE_PATH folder "${PROJECT_SOURCE_DIR}/tests" "${CMAKE_CURRENT_SOURCE_DIR}")
    string(REPLACE "/" "_" prefix "${folder}")
    file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*_test.cpp")
    foreach(source ${sources})
        get_filename_component(name "${source}" NAME_WE)
        set(target ${prefix}_${name})
        add_executable(${target} ${source})
        set_target_properties(${target} PROPERTIES AUTOMOC ON
            RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
        target_link_libraries(${target} PRIVATE mambascope_options mambascope_test_support Qt6::Test ${arg_LINK})
        # Tests are compiled more often than they run.
        target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
        add_test(NAME ${folder}/${name} COMMAND ${target})
        mambascope_test_properties(${folder}/${name} "${arg_ENVIRONMENT}" "${arg_LABELS}")
    endforeach()
endfunction()

# The environment every test runs in.
function(mambascope_test_properties name environment labels)
    set(home "${PROJECT_BINARY_DIR}/tests/home/${name}")
    file(MAKE_DIRECTORY "${home}/runtime")
    file(CHMOD "${home}/runtime" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
    set_tests_properties(${name} PROPERTIES TIMEOUT 600 LABELS "${labels}" ENVIRONMENT
        "QT_QPA_PLATFORM=offscreen;LC_ALL=C.UTF-8;HOME=${home};XDG_CONFIG_HOME=${home}/config;XDG_DATA_HOME=${home}/data;XDG_CACHE_HOME=${home}/cache;XDG_STATE_HOME=${home}/state;XDG_RUNTIME_DIR=${home}/runtime;MAMBASCOPE_ENGINE=${PROJECT_BINARY_DIR}/bin/mambascope-engine;MAMBASCOPE_BIN=${PROJECT_BINARY_DIR}/bin;MAMBASCOPE_RESOURCES=${PROJECT_SOURCE_DIR}/resources;${environment}")
endfunction()
