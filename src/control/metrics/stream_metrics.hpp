#pragma once
#include <vector>

#include "control/media_info.hpp"
#include "control/metrics/prometheus_text.hpp"
#include "control/push_service.hpp"
#include "control/record_service.hpp"

namespace sipcast {

/// What streams, viewers, pushes and recordings count now. The series of a stream end with it.
void write_stream_metrics(PrometheusText& out, const std::vector<StreamInfo>& streams);
void write_sink_metrics(PrometheusText& out, const std::vector<ViewerInfo>& viewers,
                        const std::vector<PushInfo>& pushes,
                        const std::vector<RecordingInfo>& recordings);

}  // namespace sipcast
