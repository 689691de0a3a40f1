#include "server/cds_hooks/http_fetcher.h"

#include <curl/curl.h>

#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/loopback.h"

namespace needlewise {
namespace {

struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// The body as it comes in, up to a limit.
struct Body {
  std::string text;
  size_t limit;
};

size_t Append(char* data, size_t /*one*/, size_t size, void* to) {
  auto* body = static_cast<Body*>(to);
  if (body->text.size() + size > body->limit) return 0;
  body->text.append(data, size);
  return size;
}

// The library wants to be told once, before there are threads of its own.
void InitialiseOnce() {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)initialised;
}

}  // namespace

bool IsFetchable(absl::string_view url) {
  if (absl::StartsWith(url, "https://")) return true;
  if (!absl::ConsumePrefix(&url, "http://")) return false;
  absl::string_view host = url.substr(0, url.find('/'));
  // A user's name before the host is not part of it.
  if (absl::StrContains(host, "@")) return false;
  if (!absl::StartsWith(host, "[")) host = host.substr(0, host.find(':'));
  if (absl::StartsWith(host, "[")) {
    host = host.substr(1, host.find(']') - 1);
  }
  return IsLoopback(std::string(host));
}

HttpFetcher::HttpFetcher(Options options) : options_(options) {
  InitialiseOnce();
}

absl::StatusOr<std::string> HttpFetcher::Get(const std::string& url,
                                             absl::string_view accept,
                                             absl::string_view bearer) const {
  if (!IsFetchable(url)) {
    return absl::UnavailableError("the address may not be asked");
  }
  const std::unique_ptr<CURL, FreeHandle> handle(curl_easy_init());
  if (handle == nullptr) return absl::UnavailableError("out of memory");
  std::unique_ptr<curl_slist, FreeList> headers;
  const auto add_header = [&](const std::string& header) {
    headers.reset(curl_slist_append(headers.release(), header.c_str()));
  };
  add_header(absl::StrCat("Accept: ", accept));
  if (!bearer.empty()) {
    add_header(absl::StrCat("Authorization: Bearer ", bearer));
  }
  Body body{"", static_cast<size_t>(options_.max_bytes)};
  CURL* curl = handle.get();
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  // A token must not be carried on to where its owner did not send it.
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(
      curl, CURLOPT_TIMEOUT_MS,
      static_cast<long>(absl::ToInt64Milliseconds(options_.timeout)));
  curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE,
                   static_cast<curl_off_t>(options_.max_bytes));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, Append);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
  const CURLcode done = curl_easy_perform(curl);
  if (done != CURLE_OK) {
    return absl::UnavailableError(
        absl::StrCat("could not be fetched: ", curl_easy_strerror(done)));
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (status != 200) {
    return absl::UnavailableError(
        absl::StrCat("could not be fetched: the answer is ", status));
  }
  return std::move(body.text);
}

}  // namespace needlewise
