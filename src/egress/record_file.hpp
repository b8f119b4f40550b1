#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/sha256.hpp"
#include "base/time.hpp"

namespace sipcast {

/// Replaces {name} by the value of `name`, made fit for a file's name: letters, digits, '.', '-'
/// and
/// '_', never a path. An unknown {name} stays as it is. Never empty, never hidden, at most 200
/// bytes.
std::string expand_file_name(std::string_view pattern,
                             const std::map<std::string, std::string>& values);

/// A file that is NAME.part while it is written. Blocks: for the disk thread.
class RecordFile {
 public:
  /// `path` is that of the final file; ".part" is added. Errors: Io with the system's words.
  static Result<RecordFile> create(const std::string& path);
  RecordFile() = default;  ///< no file
  RecordFile(RecordFile&& other) noexcept;
  RecordFile& operator=(RecordFile&& other) noexcept;
  ~RecordFile();

  /// Errors: Io ("No space left on device").
  Result<void> append(BytesView bytes);
  /// What was written so far plays: failure or death lose nothing of it.
  void mark_playable() { playable_ = size_; }
  /// Drops what is behind the last mark, writes all to the disk and gives the file its final name,
  /// with a number when that is taken. Returns the path. Errors: Io.
  Result<std::string> finish(const std::string& path);
  /// Deletes it.
  void discard();
  uint64_t size() const { return size_; }
  uint64_t playable() const { return playable_; }
  /// Of the whole file, after finish(); "" when a part of it was dropped.
  std::string sha256();

 private:
  RecordFile(int fd, std::string part) : fd_(fd), part_(std::move(part)) {}
  int fd_ = -1;
  std::string part_;
  uint64_t size_ = 0, playable_ = 0;
  Sha256 sum_;
  bool whole_ = true;
};

/// The ending of a copy that is being made of a finished file, to take its place.
inline constexpr std::string_view kMakingProgressive = ".making";

/// What start-up found and did.
struct RepairStats {
  size_t finished = 0, discarded = 0;
};
/// Gives every *.part of `directory` that plays its final name, cut behind its last whole fragment,
/// and deletes the others. Blocks.
RepairStats repair_recordings(const std::string& directory);

}  // namespace sipcast
