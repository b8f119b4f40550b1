#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/log.hpp"
#include "control/dtls_backlog.hpp"
#include "control/events/event.hpp"
#include "control/media_info.hpp"
#include "control/stream_outputs.hpp"
#include "net/media_loop.hpp"
#include "net/port_pool.hpp"
#include "secure/dtls.hpp"

namespace sipcast {

/// Both sides' names of a viewer's ICE session.
struct ViewerIce {
  std::string local_ufrag, remote_ufrag, remote_pwd;
};

struct ViewerAccepted : ViewerPlays {
  std::string sdp;
  ViewerIce ice;
};

/// One media loop and all that lives on it: calls' media, streams, viewers. Every public member but
/// the constructor may be called from any thread; callbacks come from the loop and must not block.
class MediaWorker final : private DatagramReader {
 public:
  struct Options {
    MediaLoop::Options loop;
    SocketAddress phone_bind;                      ///< ip; port ignored
    SocketAddress viewer_bind;                     ///< ip and port
    std::vector<SocketAddress> viewer_candidates;  ///< what browsers are told, without ports
    IcePort::Tcp viewer_tcp = IcePort::Tcp::On;    ///< ICE-TCP on the port of viewer_bind
    uint16_t phone_port_first = 30000, phone_port_last = 39999;
    std::string cname;
    Duration viewer_wait = std::chrono::seconds(25);  ///< for a reserved stream's codecs
    Duration no_media_after = std::chrono::seconds(5);
    SlateSender::Pictures slate;  ///< for phones; none: they see nothing
    size_t max_viewers = 10'000;
    StreamOutputs::Options outputs;
    std::function<void(Event)> tell = [](Event) {};  ///< what becomes of viewers; from the loop
  };
  /// Binds the viewers' port and starts the loop. Errors: Io.
  static Result<std::unique_ptr<MediaWorker>> start(Options options, const DtlsContext& dtls,
                                                    Logger log);
  ~MediaWorker() override;

  using CallKey = uint64_t;
  struct CallCallbacks {
    std::function<void(Result<SipSource::Ports>)> opened;
    std::function<void(TrackList)> live;  ///< and again when a codec changes
    std::function<void()> no_media;
    std::function<void()> info_wanted;
    std::function<void(char)> digit;  ///< by RFC 4733
  };
  void open_call(CallKey key, StreamName stream, bool audio, bool video, CallCallbacks callbacks);
  void connect_call(CallKey key, sdp::SipAgreement agreement);
  void play_digits(CallKey key, std::string digits);
  /// Valid RTP packets so far, and who reads the stream now (viewers that wait for it, too).
  struct CallActivity {
    uint64_t rtp_packets = 0;
    size_t sinks = 0;
    StreamInfo stream;
    std::optional<Instant> first_viewer;  ///< had its first frame
  };
  /// Nothing is called for a call that is not there.
  void call_activity(CallKey key, std::function<void(CallActivity)> done);
  void close_call(CallKey key, EndReason reason, std::function<void()> closed = {});

  struct ViewerCallbacks {
    /// Errors: NotFound, NoCommonCodec, Timeout (the stream's codecs did not come), BadSyntax,
    /// InvalidArgument, Exhausted. After an error no more comes.
    std::function<void(Result<ViewerAccepted>)> answered;
    std::function<void()> playing;
    std::function<void(ViewerPlays)> changed;      ///< the phone changed a codec
    std::function<void(std::string info)> failed;  ///< last
    std::function<void(EndReason)> stream_ended;   ///< last
  };
  using Signalling = sipcast::Signalling;
  enum class Reach : uint8_t { Any, TcpOnly };  ///< which candidates the answer offers
  struct ViewerAsks {
    SocketAddress client;  ///< who asks
    Signalling signalling = Signalling::Whep;
    Reach reach = Reach::Any;
  };
  /// InvalidArgument also when TcpOnly is asked for and TCP is off. That a client of a public
  /// address is unlikely to reach private candidates is said in the log.
  void add_viewer(ViewerId id, StreamName stream, std::string offer, const ViewerAsks& asks,
                  ViewerCallbacks callbacks);
  /// It has gone by itself. `done` hears whether it was there.
  void remove_viewer(ViewerId id, std::function<void(bool)> done = {});
  /// How a viewer fares, and what it watches.
  struct ViewerReport {
    ViewerStats stats;
    std::optional<VideoSize> size;
    uint64_t frames_total = 0;  ///< of the stream
  };
  /// Nothing is called for a viewer that is not there, or not answered yet.
  void viewer_report(ViewerId id, std::function<void(ViewerReport)> done);
  /// Ends it: `why` is what it is told. `done` hears whether it was there.
  void end_viewer(ViewerId id, std::string why, std::function<void(bool)> done);
  /// Also those that wait.
  void list_viewers(std::function<void(std::vector<ViewerInfo>)> done);
  /// None for a viewer that is not there, or not answered yet.
  void viewer_ice(ViewerId id, std::function<void(std::optional<ViewerIce>)> done);

  /// Gives the frames of a stream, which need not be there yet, to `sink`.
  void add_output(OutputId id, StreamName stream, FrameCodec audio, FrameSinkPtr sink,
                  StreamOutputs::Failed failed);
  void remove_output(OutputId id);

  /// The video of a stream since its last keyframe.
  struct RecentVideo {
    Codec codec;
    std::vector<PacketPtr> packets;
  };
  /// Errors: NotFound: no such stream, no video in it, or no keyframe that is kept; then one is
  /// asked for.
  void recent_video(StreamName name, std::function<void(Result<RecentVideo>)> done);

  /// Pairs of ports for phones.
  void list_ports(std::function<void(size_t free, size_t total)> done);
  /// Whether a call has this stream, with media or not yet.
  void has_stream(StreamName name, std::function<void(bool)> done);
  void list_streams(std::function<void(std::vector<StreamInfo>)> done);
  uint16_t viewer_port() const { return viewer_port_; }

 private:
  struct CallMedia {
    CallKey key;
    std::unique_ptr<Stream> stream;
    std::unique_ptr<SipSource> source;
    CallCallbacks callbacks;
    std::optional<TrackList> told_live;
    std::optional<Instant> first_viewer;  // that had its first frame
    ViewerStats sent_before;              // to those that have left
  };
  struct Viewer {
    StreamName stream;
    ViewerIce ice;
    std::optional<SocketAddress> address;  // under which it is in by_address_
    std::unique_ptr<WebRtcViewer> viewer;
    ViewerAsks asks;
    ViewerPlays plays;
    std::string formats;
    std::function<void(std::string)> failed;
    Instant joined;
    WallTime joined_wall = std::chrono::system_clock::now();
    std::optional<Duration> first_frame_after = {};
  };
  struct Waiting {
    std::string offer;
    StreamName stream;
    ViewerAsks asks;
    ViewerCallbacks callbacks;
    MediaLoop::Timer timer;
    WallTime since = std::chrono::system_clock::now();
  };

  MediaWorker(Options options, const DtlsContext& dtls, Logger log);
  void on_datagram(BytesView datagram, const SocketAddress& from, Instant now) override;
  void on_port_unreachable(const SocketAddress& to, Instant now) override;
  void on_send_overflow(const SocketAddress& to) override;
  void to_viewer(BytesView datagram, const SocketAddress& from, Instant now);
  void do_open_call(CallKey key, StreamName name, bool audio, bool video, CallCallbacks callbacks);
  void do_close_call(CallKey key, EndReason reason);
  void do_add_viewer(ViewerId id, StreamName name, std::string offer, const ViewerAsks& asks,
                     ViewerCallbacks callbacks);
  bool do_remove_viewer(ViewerId id, std::string_view reason, std::string_view cause = {});

  // media_worker_report.cpp
  void first_frame(ViewerId id);
  void tell_joined(ViewerId id, const Viewer& viewer);
  void tell_refused(ViewerId id, const StreamName& stream, const ViewerAsks& asks,
                    const Error& error);
  void tell_left(ViewerId id, const Viewer& viewer, std::string_view reason,
                 std::string_view cause);
  StreamInfo info_of(const CallMedia& call) const;
  static ViewerInfo info_of(ViewerId id, const Viewer& viewer);

  void on_stream_change(CallMedia& call);
  void answer_waiting(const StreamName& name);
  Result<ViewerAccepted> accept(ViewerId id, Stream& stream, const std::string& offer,
                                const ViewerAsks& asks, const ViewerCallbacks& callbacks);
  void forget_routes(ViewerId id, const Viewer& viewer);
  void forget_address(ViewerId id, const std::optional<SocketAddress>& address);
  void note_address(ViewerId id, Viewer& viewer);
  CallMedia* find_call(const StreamName& name);
  Stream* find_stream(const StreamName& name);
  void warn_of_private_candidates(const SocketAddress& client);

  Options options_;
  const DtlsContext& dtls_;
  Logger log_;
  MediaLoop loop_;
  PortPool ports_;
  uint16_t viewer_port_ = 0;
  bool warned_of_private_candidates_ = false;
  std::unique_ptr<IcePort> viewer_ice_port_;
  std::map<CallKey, CallMedia> calls_;
  std::unordered_map<ViewerId, Viewer> viewers_;
  std::map<uint64_t, Waiting> waiting_;  // by viewer id
  std::map<std::string, ViewerId, std::less<>> by_ufrag_;
  std::unordered_map<SocketAddress, ViewerId> by_address_;
  std::unique_ptr<StreamOutputs> outputs_;
  DtlsBacklog handshakes_;
};

/// All media loops of the process; a stream's name says which one it lives on.
class MediaPlane {
 public:
  explicit MediaPlane(std::vector<std::unique_ptr<MediaWorker>> workers)
      : workers_(std::move(workers)) {}
  MediaWorker& worker_for(const StreamName& name) {
    return *workers_[std::hash<StreamName>{}(name) % workers_.size()];
  }
  const std::vector<std::unique_ptr<MediaWorker>>& workers() const { return workers_; }
  /// Every stream of every loop, sorted by name; `done` runs on the loop that answered last.
  void list_streams(std::function<void(std::vector<StreamInfo>)> done);
  /// The same for pairs of ports for phones, summed up.
  void list_ports(std::function<void(size_t free, size_t total)> done);
  /// Every viewer of every loop, in the order of joining; `done` as above.
  void list_viewers(std::function<void(std::vector<ViewerInfo>)> done);
  /// Ends a viewer, wherever it is; `done` as above, with whether it was there.
  void end_viewer(ViewerId id, const std::string& why, std::function<void(bool)> done);

 private:
  std::vector<std::unique_ptr<MediaWorker>> workers_;
};

}  // namespace sipcast
