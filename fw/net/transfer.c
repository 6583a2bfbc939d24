// SPDX-License-Identifier: Apache-2.0
#include "fw/net/transfer.h"

#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cli.h"
#include "base/descriptor.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/progress.h"
#include "base/text.h"
#include "fw/net/url.h"

enum {
        DEFAULT_CONNECT_SECONDS = 20,
        DEFAULT_STALL_SECONDS = 30,
        DEFAULT_ATTEMPTS = 5,
        STALL_BYTES_PER_SECOND = 16, // less counts as no data
        MOST_REDIRECTIONS = 5,
        FIRST_PAUSE_MS = 500,
        LONGEST_PAUSE_MS = 60 * 1000,
        WATCH_MS = 1000,      // how often the progress line is updated while nothing arrives
        READ_BLOCK = 1 << 16, // bytes
};

#define DEFAULT_LIMIT (UINT64_C(1) << 30)

// One file in transfer, over all its attempts.
struct transfer {
        const struct download *download;
        CURL *curl;
        CURLM *multi; // runs CURL alone, and lets an interrupt end it
        char curl_says[CURL_ERROR_SIZE];
        const char *path; // of the target
        int fd;           // of it
        struct digest_stream *digest;
        struct progress *progress;
        uint64_t limit;
        uint64_t received; // all bytes so far, over all attempts
        uint64_t offset;   // where this attempt began
        bool answered;     // data arrived in this attempt
        bool page;         // the first bytes look like a web page
        bool again;        // the failure is worth another attempt
        struct error *err; // filled by a callback that ends the transfer
        bool failed;       // a callback ended the transfer
};

static void transfer_free(struct transfer *transfer)
{
        curl_easy_cleanup(transfer->curl);
        curl_multi_cleanup(transfer->multi);
        digest_discard(&transfer->digest);
        progress_end(&transfer->progress);
}

static bool is_name_character(char character)
{
        return strchr("/?#", character) == NULL;
}

static char *progress_label(const char *given)
{
        AUTO_FREE char *url = download_public_url(given);
        const char *end = url + strcspn(url, "?#");
        const char *begin = end;
        while (begin > url && is_name_character(begin[-1]))
                begin--;
        return text_format("downloading %.*s", (int)(end - begin), begin);
}

// Discards the data so far.
static bool start_over(struct transfer *transfer, struct error *err)
{
        digest_discard(&transfer->digest);
        transfer->digest = digest_begin();
        transfer->received = 0;
        return ftruncate(transfer->fd, 0) == 0 || error_system(err, "%s: cannot empty", transfer->path);
}

// A server that requires a login, or shows a notice, sends a page with status 200.
static bool looks_like_a_page(struct bytes bytes)
{
        static const char *const starts[] = {"<!doctype", "<html", "<?xml"};
        for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
                size_t length = strlen(starts[i]);
                AUTO_FREE char *begin =
                        text_format("%.*s", (int)(bytes.size < length ? bytes.size : length), (const char *)bytes.data);
                if (text_equal_ignoring_case(begin, starts[i]))
                        return true;
        }
        return false;
}

static const char *page_advice(const struct transfer *transfer)
{
        return transfer->page ? "; received a web page instead: a login page, or a proxy's response?" : "";
}

static bool wrong_size(const struct transfer *transfer, uint64_t size, const char *qualifier, struct error *err)
{
        return error_set(err, ERROR_DAMAGED, "has %s%" PRIu64 " bytes, expected %" PRIu64 ": refused%s", qualifier,
                         size, transfer->download->size, page_advice(transfer));
}

// The sizes, checked as soon as they are known.
static bool check_announced(struct transfer *transfer, struct error *err)
{
        curl_off_t announced = -1;
        curl_easy_getinfo(transfer->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
        if (announced < 0)
                return true;
        uint64_t size = transfer->offset + (uint64_t)announced;
        if (transfer->download->size && size != transfer->download->size)
                return wrong_size(transfer, size, "", err);
        if (size > transfer->limit) {
                AUTO_FREE char *most = text_size(transfer->limit);
                return error_set(err, ERROR_DAMAGED, "has %" PRIu64 " bytes, more than the limit of %s", size, most);
        }
        progress_total(transfer->progress, size);
        return true;
}

static bool check_received(const struct transfer *transfer, struct error *err)
{
        if (transfer->download->size && transfer->received > transfer->download->size)
                return wrong_size(transfer, transfer->received, "at least ", err);
        if (transfer->received <= transfer->limit)
                return true;
        AUTO_FREE char *most = text_size(transfer->limit);
        return error_set(err, ERROR_DAMAGED, "has more than the limit of %s", most);
}

static bool keep_bytes(const struct transfer *transfer, struct bytes bytes, uint64_t at, struct error *err)
{
        return descriptor_write_at(transfer->fd, bytes, at) || error_system(err, "%s: cannot write", transfer->path);
}

// libcurl's CURLOPT_WRITEFUNCTION: anything but COUNT ends the transfer. Its type is libcurl's.
// NOLINTNEXTLINE(readability-non-const-parameter)
static size_t receive(char *data, size_t size, size_t count, void *context)
{
        (void)size;
        struct transfer *transfer = context;
        struct bytes bytes = {(const uint8_t *)data, count};
        bool first = !transfer->answered;
        uint64_t at = transfer->received;
        transfer->answered = true;
        transfer->page |= !at && looks_like_a_page(bytes);
        transfer->received += count;
        transfer->failed = (first && !check_announced(transfer, transfer->err)) ||
                           !check_received(transfer, transfer->err) || !keep_bytes(transfer, bytes, at, transfer->err);
        if (transfer->failed)
                return 0;
        digest_add(transfer->digest, bytes);
        progress_update(transfer->progress, transfer->received);
        return count;
}

// libcurl's CURLOPT_XFERINFOFUNCTION, called about once a second even while nothing arrives: anything but 0 ends the
// transfer. A file: URL needs it, because libcurl reads it to its end in one go.
static int watch(void *context, curl_off_t total, curl_off_t done, curl_off_t upload_total, curl_off_t upload_done)
{
        const struct transfer *transfer = context;
        (void)total;
        (void)done;
        (void)upload_total;
        (void)upload_done;
        progress_update(transfer->progress, transfer->received);
        return interrupt_pending();
}

static bool protocols_set(CURL *curl)
{
#if LIBCURL_VERSION_NUM >= 0x075500
        return curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https,file") == CURLE_OK &&
               curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https") == CURLE_OK;
#else
        return curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS | CURLPROTO_FILE)) ==
                       CURLE_OK &&
               curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS)) == CURLE_OK;
#endif
}

// Certificates that the user trusts instead of the system's.
static bool trust_set(CURL *curl)
{
        const char *bundle = getenv("CURL_CA_BUNDLE");
        return !bundle || !*bundle || curl_easy_setopt(curl, CURLOPT_CAINFO, bundle) == CURLE_OK;
}

// A name look-up in progress keeps a libcurl thread busy, which is left to end by itself.
static bool quick_exit_set(const struct transfer *transfer)
{
        bool done = true;
#if LIBCURL_VERSION_NUM >= 0x075700
        done = curl_easy_setopt(transfer->curl, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK;
#endif
#if LIBCURL_VERSION_NUM >= 0x081400
        done = done && curl_multi_setopt(transfer->multi, CURLMOPT_QUICK_EXIT, 1L) == CURLM_OK;
#endif
        return done && transfer->multi;
}

// Initialises libcurl once; never cleaned up, because such a thread may still be running.
static bool curl_begun(void)
{
        static bool begun;
        if (!begun)
                begun = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
        return begun;
}

static bool transfer_set_up(struct transfer *transfer, struct error *err)
{
        const struct download *download = transfer->download;
        long connect = download->connect_seconds ? (long)download->connect_seconds : DEFAULT_CONNECT_SECONDS;
        long stall = download->stall_seconds ? (long)download->stall_seconds : DEFAULT_STALL_SECONDS;
        CURL *curl = transfer->curl = curl_begun() ? curl_easy_init() : NULL;
        transfer->multi = curl ? curl_multi_init() : NULL;
        bool done = transfer->multi && protocols_set(curl) && trust_set(curl) && quick_exit_set(transfer) &&
                    curl_easy_setopt(curl, CURLOPT_URL, download->url) == CURLE_OK &&
                    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, transfer->curl_says) == CURLE_OK &&
                    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L) == CURLE_OK &&
                    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, (long)MOST_REDIRECTIONS) == CURLE_OK &&
                    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L) == CURLE_OK &&
                    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
                    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, connect) == CURLE_OK &&
                    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, (long)STALL_BYTES_PER_SECOND) == CURLE_OK &&
                    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, stall) == CURLE_OK &&
                    curl_easy_setopt(curl, CURLOPT_USERAGENT, "esxiarm/" VERSION) == CURLE_OK &&
                    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive) == CURLE_OK &&
                    curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer) == CURLE_OK &&
                    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, watch) == CURLE_OK &&
                    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, transfer) == CURLE_OK &&
                    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L) == CURLE_OK;
        return done || error_set(err, ERROR_ENVIRONMENT, "cannot initialise libcurl");
}

// Messages for a CURLcode. All others have libcurl's own message.
static const struct {
        CURLcode code;
        enum error_code error;
        bool again; // worth another attempt
        const char *sentence;
} meanings[] = {
        {CURLE_UNSUPPORTED_PROTOCOL, ERROR_USAGE, false, "only http, https and file are supported"},
        {CURLE_URL_MALFORMAT, ERROR_USAGE, false, "this is not a URL"},
        {CURLE_FILE_COULDNT_READ_FILE, ERROR_USAGE, false, "file not found, or not readable"},
        {CURLE_COULDNT_RESOLVE_HOST, ERROR_ENVIRONMENT, false,
         "the server's name cannot be resolved; check the spelling and the network"},
        {CURLE_COULDNT_RESOLVE_PROXY, ERROR_ENVIRONMENT, false,
         "the proxy's name cannot be resolved; check http_proxy and https_proxy"},
        {CURLE_COULDNT_CONNECT, ERROR_ENVIRONMENT, false, "the server is unreachable or refuses the connection"},
        {CURLE_TOO_MANY_REDIRECTS, ERROR_ENVIRONMENT, false, "too many redirects"},
        {CURLE_PEER_FAILED_VERIFICATION, ERROR_ENVIRONMENT, false, "the server's certificate is not trusted"},
        {CURLE_GOT_NOTHING, ERROR_ENVIRONMENT, true, "the server closed the connection without a response"},
        {CURLE_RECV_ERROR, ERROR_ENVIRONMENT, true, "the connection was lost before a response"},
        {CURLE_SEND_ERROR, ERROR_ENVIRONMENT, true, "the connection was lost before a response"},
        {CURLE_SSL_CONNECT_ERROR, ERROR_ENVIRONMENT, false, "cannot establish a secure connection to the server"},
        {CURLE_SSL_CACERT_BADFILE, ERROR_ENVIRONMENT, false,
         "the trusted certificates cannot be read; check CURL_CA_BUNDLE, or install ca-certificates"},
};

static bool is_passing(long status)
{
        static const long passing[] = {408, 429, 500, 502, 503, 504};
        for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++) {
                if (passing[i] == status)
                        return true;
        }
        return false;
}

static long http_status(const struct transfer *transfer)
{
        long status = 0;
        curl_easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
        return status;
}

static bool http_failed(struct transfer *transfer, struct error *err)
{
        long status = http_status(transfer);
        transfer->again = is_passing(status);
        const char *meaning = status == 404 || status == 410   ? " (file not found)"
                              : status == 401 || status == 403 ? " (access denied)"
                              : status >= 500                  ? " (server error)"
                                                               : "";
        return error_set(err, ERROR_ENVIRONMENT, "the server returned HTTP status %ld%s", status, meaning);
}

static bool timed_out(struct transfer *transfer, struct error *err)
{
        curl_off_t connected = 0;
        curl_easy_getinfo(transfer->curl, CURLINFO_CONNECT_TIME_T, &connected);
        transfer->again = true;
        if (!connected)
                return error_set(err, ERROR_ENVIRONMENT, "the server did not respond in time");
        return error_set(err, ERROR_ENVIRONMENT, "the server stopped sending after %" PRIu64 " bytes",
                         transfer->received);
}

static bool cut_off(struct transfer *transfer, struct error *err)
{
        curl_off_t announced = -1;
        transfer->again = true;
        curl_easy_getinfo(transfer->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
        error_set(err, ERROR_ENVIRONMENT, "the connection was cut after %" PRIu64, transfer->received);
        if (announced < 0)
                return error_append(err, " bytes");
        return error_append(err, " of %" PRIu64 " bytes", transfer->offset + (uint64_t)announced);
}

// libcurl treats a response that does not begin with HTTP as the unsupported protocol HTTP/0.9.
static bool spoke_no_http(const struct transfer *transfer)
{
        curl_off_t connected = 0;
        curl_easy_getinfo(transfer->curl, CURLINFO_CONNECT_TIME_T, &connected);
        return connected && !http_status(transfer);
}

static bool curl_failed(struct transfer *transfer, CURLcode code, struct error *err)
{
        if (transfer->failed)
                return false;
        if (code == CURLE_HTTP_RETURNED_ERROR)
                return http_failed(transfer, err);
        if (code == CURLE_OPERATION_TIMEDOUT)
                return timed_out(transfer, err);
        if (code == CURLE_PARTIAL_FILE || (code == CURLE_RECV_ERROR && transfer->answered))
                return cut_off(transfer, err);
        if (code == CURLE_UNSUPPORTED_PROTOCOL && spoke_no_http(transfer))
                return error_set(err, ERROR_ENVIRONMENT, "the server's response is not HTTP");
        for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
                if (meanings[i].code != code)
                        continue;
                transfer->again = meanings[i].again;
                return error_set(err, meanings[i].error, "%s", meanings[i].sentence);
        }
        const char *says = *transfer->curl_says ? transfer->curl_says : curl_easy_strerror(code);
        AUTO_FREE char *shown = text_printable(says, strlen(says), false);
        return error_set(err, ERROR_ENVIRONMENT, "%s", shown);
}

static bool transfer_check(struct transfer *transfer, struct downloaded *downloaded, struct error *err)
{
        downloaded->size = transfer->received;
        if (!digest_end(&transfer->digest, &downloaded->sha256, err))
                return false;
        if (transfer->download->size && transfer->received != transfer->download->size)
                return wrong_size(transfer, transfer->received, "", err);
        if (!transfer->download->sha256 || digest_equal(transfer->download->sha256, &downloaded->sha256))
                return true;
        AUTO_FREE char *is = digest_hex(&downloaded->sha256);
        AUTO_FREE char *expected = digest_hex(transfer->download->sha256);
        return error_set(err, ERROR_DAMAGED, "has the SHA-256 %s, expected %s: refused%s", is, expected,
                         page_advice(transfer));
}

// Hashes the part from an earlier download. If it cannot be used, it is discarded.
static bool take_up(struct transfer *transfer, struct error *err)
{
        AUTO_FREE uint8_t *block = memory_new(READ_BLOCK, 1);
        struct stat status;
        if (fstat(transfer->fd, &status) != 0)
                return error_system(err, "%s: cannot read", transfer->path);
        uint64_t size = (uint64_t)status.st_size;
        uint64_t most = transfer->download->size ? transfer->download->size - 1 : transfer->limit;
        if (!transfer->download->part || !transfer->download->sha256 || size > most)
                return start_over(transfer, err);
        while (transfer->received < size) {
                ssize_t count = pread(transfer->fd, block, READ_BLOCK, (off_t)transfer->received);
                if (count <= 0)
                        return start_over(transfer, err);
                digest_add(transfer->digest, (struct bytes){block, (size_t)count});
                transfer->received += (uint64_t)count;
                if (!interrupt_check(err))
                        return false;
        }
        return true;
}

// ---- the attempts

// curl_easy_perform() that an interrupt ends at once.
static CURLcode perform(struct transfer *transfer)
{
        struct curl_waitfd interrupt = {interrupt_descriptor(), CURL_WAIT_POLLIN, 0};
        CURLMcode code = curl_multi_add_handle(transfer->multi, transfer->curl);
        int running = 1;
        while (!code && running && !interrupt_pending()) {
                code = curl_multi_perform(transfer->multi, &running);
                if (!code && running)
                        code = curl_multi_poll(transfer->multi, &interrupt, interrupt.fd >= 0, WATCH_MS, NULL);
        }
        const CURLMsg *ended = curl_multi_info_read(transfer->multi, &(int){0});
        CURLcode result = ended ? ended->data.result : CURLE_OUT_OF_MEMORY;
        curl_multi_remove_handle(transfer->multi, transfer->curl);
        return result;
}

enum attempt {
        ATTEMPT_DONE,
        ATTEMPT_FAILED,
        ATTEMPT_AGAIN,     // the failure may pass
        ATTEMPT_FROM_ZERO, // the server does not continue where the part ends
};

static enum attempt attempt(struct transfer *transfer, struct error *err)
{
        transfer->again = transfer->failed = transfer->answered = false;
        transfer->err = err;
        transfer->offset = transfer->received;
        *transfer->curl_says = '\0';
        curl_easy_setopt(transfer->curl, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)transfer->offset);
        CURLcode code = perform(transfer);
        if (!transfer->failed && !interrupt_check(err))
                return ATTEMPT_FAILED;
        if (code == CURLE_OK)
                return ATTEMPT_DONE;
        bool no_range = code == CURLE_RANGE_ERROR || code == CURLE_BAD_DOWNLOAD_RESUME ||
                        (code == CURLE_HTTP_RETURNED_ERROR && http_status(transfer) == 416);
        if (transfer->offset && no_range)
                return ATTEMPT_FROM_ZERO;
        curl_failed(transfer, code, err);
        return transfer->again ? ATTEMPT_AGAIN : ATTEMPT_FAILED;
}

// Waits before the attempt after NUMBER, whose failure is in ERR. An interrupt ends the pause, and then that attempt.
static void pause_after(const struct transfer *transfer, unsigned number, struct error *err)
{
        curl_off_t wished = 0;
        uint64_t pause_ms = (uint64_t)FIRST_PAUSE_MS << (number < 10 ? number - 1 : 10);
        curl_easy_getinfo(transfer->curl, CURLINFO_RETRY_AFTER, &wished);
        if (wished > 0 && (uint64_t)wished * 1000 > pause_ms)
                pause_ms = (uint64_t)wished * 1000;
        if (pause_ms > LONGEST_PAUSE_MS)
                pause_ms = LONGEST_PAUSE_MS;
        AUTO_FREE char *pause = text_duration(pause_ms);
        cli_note("%s; trying again in %s", err->message, pause);
        error_clear(err);
        poll(&(struct pollfd){interrupt_descriptor(), POLLIN, 0}, 1, (int)pause_ms);
}

static bool try_often(struct transfer *transfer, struct error *err)
{
        unsigned most = transfer->download->attempts ? transfer->download->attempts : DEFAULT_ATTEMPTS;
        for (unsigned number = 1;; number++) {
                enum attempt outcome = attempt(transfer, err);
                if (outcome == ATTEMPT_FROM_ZERO) {
                        if (!start_over(transfer, err))
                                return false;
                        outcome = attempt(transfer, err);
                }
                if (outcome == ATTEMPT_DONE)
                        return true;
                if (outcome != ATTEMPT_AGAIN || number >= most)
                        return false;
                pause_after(transfer, number, err);
                if (!transfer->download->sha256 && !start_over(transfer, err))
                        return false;
        }
}

static bool run(struct transfer *transfer, struct downloaded *downloaded, struct error *err)
{
        if (!transfer_set_up(transfer, err) || !take_up(transfer, err))
                return false;
        AUTO_FREE char *label = progress_label(transfer->download->url);
        transfer->progress =
                progress_begin(transfer->download->label ? transfer->download->label : label, transfer->download->size);
        downloaded->resumed = transfer->received > 0;
        bool done = try_often(transfer, err);
        downloaded->status = http_status(transfer);
        return done && transfer_check(transfer, downloaded, err);
}

bool transfer_run(const struct download *download, const char *path, int fd, struct downloaded *downloaded,
                  struct error *err)
{
        struct transfer transfer = {
                .download = download,
                .path = path,
                .fd = fd,
                .limit = download->limit ? download->limit : DEFAULT_LIMIT,
                .digest = digest_begin(),
        };
        // A closed connection must not end the program. Not every TLS library sends with MSG_NOSIGNAL.
        void (*before)(int) = signal(SIGPIPE, SIG_IGN);
        bool done = run(&transfer, downloaded, err);
        transfer_free(&transfer);
        signal(SIGPIPE, before);
        return done;
}
