# The standard library, fmt and GoogleTest are most of what a file costs to compile: each preset precompiles cmake/precompiled_sources.hpp
# and cmake/precompiled_tests.hpp once. They are no second way to include: check_headers compiles each header without them.

# As CMake says it, but in words whose paths ccache makes relative.
set(CMAKE_CXX_COMPILE_OPTIONS_USE_PCH -include-pch <PCH_FILE>)

# sipcast_precompiled_header(KIND LIBRARY...): the header of KIND, compiled as those that link the LIBRARYs are.
function(sipcast_precompiled_header kind)
  set(target precompiled_${kind})
  set(header ${CMAKE_SOURCE_DIR}/cmake/precompiled_${kind}.hpp)
  set(empty ${CMAKE_BINARY_DIR}/precompiled.cpp)
  file(CONFIGURE OUTPUT ${empty} CONTENT "")
  add_library(${target} OBJECT ${empty})
  target_link_libraries(${target} PRIVATE ${ARGN})
  target_precompile_headers(${target} PRIVATE ${header})
  target_compile_options(${target} PRIVATE -fpch-instantiate-templates -Xclang -fno-pch-timestamp)
  # A precompiled header holds the paths of its checkout. This sum of its text stands for it in ccache's keys, so that what one checkout
  # compiled serves the next (PCH_EXTSUM).
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -std=c++23 -E -P ${header} OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
  string(SHA256 sum "${text}")
  file(WRITE ${CMAKE_BINARY_DIR}/CMakeFiles/${target}.dir/cmake_pch.hxx.pch.sum ${sum})
endfunction()

# sipcast_precompiled(TARGET KIND): TARGET uses the header of KIND.
function(sipcast_precompiled target kind)
  target_precompile_headers(${target} REUSE_FROM precompiled_${kind})
endfunction()
