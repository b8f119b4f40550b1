#include "base/file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

namespace sipcast {
namespace {

TEST(File, IsReplacedAtOnceAndForItsOwnerAlone) {
  std::string folder = testing::TempDir() + "file-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/a";
  EXPECT_EQ(read_file(path, 10).error().code, Errc::NotFound);
  EXPECT_TRUE(replace_file(path, "first"));
  EXPECT_TRUE(replace_file(path, "second"));
  EXPECT_EQ(read_file(path, 6).value(), "second");
  EXPECT_EQ(read_file(path, 5).error().code, Errc::Exhausted);
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0600u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
  EXPECT_EQ(replace_file(folder + "/no/a", "x").error().code, Errc::Io);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace sipcast
