#ifndef NEEDLEWISE_SERVER_COUNTED_CATALOG_EVENTS_H_
#define NEEDLEWISE_SERVER_COUNTED_CATALOG_EVENTS_H_

#include "absl/strings/strip.h"
#include "needlewise/v1/rule_catalog.pb.h"
#include "server/catalog_manager.h"
#include "server/telemetry/metrics.h"

namespace needlewise {

// Counts what becomes of catalogues, and passes it on.
class CountedCatalogEvents final : public CatalogListener {
 public:
  // Neither pointer is owned; `metrics` may be null.
  CountedCatalogEvents(Metrics* metrics, CatalogListener* next)
      : metrics_(metrics), next_(next) {}

  void OnCatalogEvent(const v1::WatchRuleCatalogResponse& event) override {
    if (metrics_ != nullptr) {
      metrics_->CountCatalogEvent(absl::StripPrefix(
          v1::CatalogEvent_Name(event.event()), "CATALOG_EVENT_"));
    }
    next_->OnCatalogEvent(event);
  }

 private:
  Metrics* const metrics_;
  CatalogListener* const next_;
};

}  // namespace needlewise

#endif  // NEEDLEWISE_SERVER_COUNTED_CATALOG_EVENTS_H_
