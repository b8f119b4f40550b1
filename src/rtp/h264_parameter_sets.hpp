#pragma once
#include <map>
#include <optional>

#include "base/bytes.hpp"
#include "rtp/h264_nal.hpp"

namespace sipcast::h264 {

/// The parameter sets of one stream, the latest of each id (H.264 §7.4.1.2.1).
class ParameterSets {
 public:
  /// Takes one SPS or PPS; those that cannot be parsed, or over 4 KiB, are ignored.
  void store(BytesView nal);
  /// What a picture that refers to `pps_id` needs: its SPS, then every PPS that belongs to it.
  /// Views into this object; empty when one is unknown.
  std::vector<BytesView> needed_by(uint8_t pps_id) const;
  /// The SPS of a picture that refers to `pps_id`; null when it is unknown.
  const SpsInfo* sps(uint8_t pps_id) const;
  /// To be told when the sets of `pps_id` went out: in front of an IDR, or of another picture.
  void sent(uint8_t pps_id);
  /// True when a PPS changed since the last sent(), with the SPS that was sent then: pictures other
  /// than IDRs may bring that about.
  bool pps_changed(uint8_t pps_id) const;
  /// The SPS stored or sent last.
  const std::optional<SpsInfo>& current() const { return current_; }

 private:
  struct Sps {
    Bytes nal;
    SpsInfo info;
  };
  struct Pps {
    Bytes nal;
    PpsInfo info;
  };
  const Sps* sps_of(uint8_t pps_id) const;

  std::map<uint8_t, Sps> sps_;
  std::map<uint8_t, Pps> pps_;
  Bytes sent_sps_;
  bool pps_changed_ = false;
  std::optional<SpsInfo> current_;
};

}  // namespace sipcast::h264
