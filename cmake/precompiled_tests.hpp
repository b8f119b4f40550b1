// Precompiled for every unit and component test (cmake/precompiled.cmake).
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "precompiled_sources.hpp"
