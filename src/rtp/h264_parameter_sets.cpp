#include "rtp/h264_parameter_sets.hpp"

#include <algorithm>

namespace sipcast::h264 {
namespace {
constexpr size_t kMaxSetSize = 4096;
}

void ParameterSets::store(BytesView nal) {
  while (!nal.empty() && nal.back() == 0) nal = nal.first(nal.size() - 1);
  if (nal.empty() || nal.size() > kMaxSetSize) return;
  if (const auto sps = parse_sps(nal)) {
    sps_.insert_or_assign(sps->id, Sps{Bytes(nal.begin(), nal.end()), *sps});
    current_ = *sps;
  } else if (const auto pps = parse_pps(nal)) {
    const auto known = pps_.find(pps->id);
    if (known != pps_.end() && std::ranges::equal(known->second.nal, nal)) return;
    pps_.insert_or_assign(pps->id, Pps{Bytes(nal.begin(), nal.end()), *pps});
    pps_changed_ = true;
  }
}

const ParameterSets::Sps* ParameterSets::sps_of(uint8_t pps_id) const {
  const auto pps = pps_.find(pps_id);
  if (pps == pps_.end()) return nullptr;
  const auto sps = sps_.find(pps->second.info.sps_id);
  return sps == sps_.end() ? nullptr : &sps->second;
}

const SpsInfo* ParameterSets::sps(uint8_t pps_id) const {
  const Sps* sps = sps_of(pps_id);
  return sps ? &sps->info : nullptr;
}

std::vector<BytesView> ParameterSets::needed_by(uint8_t pps_id) const {
  const Sps* sps = sps_of(pps_id);
  if (!sps) return {};
  std::vector<BytesView> nals{sps->nal};
  for (const auto& [id, pps] : pps_) {
    if (pps.info.sps_id == sps->info.id) nals.emplace_back(pps.nal);
  }
  return nals;
}

void ParameterSets::sent(uint8_t pps_id) {
  const Sps* sps = sps_of(pps_id);
  if (!sps) return;
  sent_sps_ = sps->nal;
  current_ = sps->info;
  pps_changed_ = false;
}

bool ParameterSets::pps_changed(uint8_t pps_id) const {
  const Sps* sps = pps_changed_ ? sps_of(pps_id) : nullptr;
  return sps && sps->nal == sent_sps_;
}

}  // namespace sipcast::h264
