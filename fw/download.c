// SPDX-License-Identifier: Apache-2.0
#include "fw/download.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/memory.h"
#include "base/progress.h"
#include "base/text.h"
#include "fw/libcurl.h"

enum {
        DEFAULT_CONNECT_SECONDS = 20,
        DEFAULT_STALL_SECONDS = 30,
        STALL_BYTES_PER_SECOND = 16, // fewer than that counts as nothing
        MOST_REDIRECTIONS = 5,
};

#define DEFAULT_LIMIT (UINT64_C(1) << 30)

// One download under way.
struct transfer {
        const struct download *download;
        const struct libcurl *api;
        CURL *curl;
        struct file_replacement *replacement;
        struct digest_stream *digest;
        struct progress *progress;
        uint64_t limit;
        uint64_t received;
        struct error *err; // filled by a callback that ends the transfer
        bool failed;       // whether one did
};

static void transfer_free(struct transfer *transfer)
{
        if (transfer->curl)
                transfer->api->easy_cleanup(transfer->curl);
        file_replacement_discard(&transfer->replacement);
        digest_discard(&transfer->digest);
        progress_end(&transfer->progress);
}

static bool is_name_character(char character)
{
        return strchr("/?#", character) == NULL;
}

static char *progress_label(const char *url)
{
        const char *end = url + strcspn(url, "?#");
        const char *begin = end;
        while (begin > url && is_name_character(begin[-1]))
                begin--;
        return text_format("downloading %.*s", (int)(end - begin), begin);
}

// URL without user and password, freed with free(); NULL where libcurl cannot take it apart.
static char *without_user(const struct libcurl *api, const char *url)
{
        CURLU *parsed = api->url();
        char *plain = NULL;
        bool cleaned = parsed && api->url_set(parsed, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
                       api->url_set(parsed, CURLUPART_USER, NULL, 0) == CURLUE_OK &&
                       api->url_set(parsed, CURLUPART_PASSWORD, NULL, 0) == CURLUE_OK &&
                       api->url_get(parsed, CURLUPART_URL, &plain, 0) == CURLUE_OK;
        char *result = cleaned ? memory_text(plain) : NULL;
        api->free(plain);
        api->url_cleanup(parsed);
        return result;
}

char *download_public_url(const char *url)
{
        const struct libcurl *api = libcurl_load(NULL);
        char *plain = api ? without_user(api, url) : NULL;
        // What libcurl cannot take apart is kept from its last @, behind which no password can be.
        const char *at = strrchr(url, '@');
        return plain ? plain : memory_text(at ? at + 1 : url);
}

static bool wrong_size(const struct transfer *transfer, uint64_t size, const char *qualifier, struct error *err)
{
        return error_set(err, ERROR_DAMAGED, "has %s%" PRIu64 " bytes where %" PRIu64 " were expected: refused",
                         qualifier, size, transfer->download->size);
}

// The sizes, checked as early as they are known.
static bool check_announced(struct transfer *transfer, struct error *err)
{
        curl_off_t announced = -1;
        transfer->api->easy_getinfo(transfer->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
        if (announced < 0)
                return true;
        uint64_t size = (uint64_t)announced;
        if (transfer->download->size && size != transfer->download->size)
                return wrong_size(transfer, size, "", err);
        if (size > transfer->limit) {
                AUTO_FREE char *most = text_size(transfer->limit);
                return error_set(err, ERROR_DAMAGED, "has %" PRIu64 " bytes, and %s is the most that is taken", size,
                                 most);
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
        return error_set(err, ERROR_DAMAGED, "has more than %s, the most that is taken", most);
}

// libcurl's CURLOPT_WRITEFUNCTION: anything but COUNT ends the transfer. Its type is libcurl's.
// NOLINTNEXTLINE(readability-non-const-parameter)
static size_t receive(char *data, size_t size, size_t count, void *context)
{
        (void)size;
        struct transfer *transfer = context;
        struct bytes bytes = {(const uint8_t *)data, count};
        bool first = transfer->received == 0;
        transfer->received += count;
        transfer->failed = (first && !check_announced(transfer, transfer->err)) ||
                           !check_received(transfer, transfer->err) ||
                           !file_replacement_write(transfer->replacement, bytes, transfer->err);
        if (transfer->failed)
                return 0;
        digest_add(transfer->digest, bytes);
        progress_update(transfer->progress, transfer->received);
        return count;
}

// libcurl's CURLOPT_XFERINFOFUNCTION, called about once a second even while nothing arrives: not 0 ends the transfer.
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

static bool protocols_set(const struct libcurl *api, CURL *curl)
{
#if LIBCURL_VERSION_NUM >= 0x075500
        return api->easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https,file") == CURLE_OK &&
               api->easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https") == CURLE_OK;
#else
        return api->easy_setopt(curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS | CURLPROTO_FILE)) ==
                       CURLE_OK &&
               api->easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS)) == CURLE_OK;
#endif
}

static bool transfer_set_up(struct transfer *transfer, char *curl_says, struct error *err)
{
        const struct download *download = transfer->download;
        long connect = download->connect_seconds ? (long)download->connect_seconds : DEFAULT_CONNECT_SECONDS;
        long stall = download->stall_seconds ? (long)download->stall_seconds : DEFAULT_STALL_SECONDS;
        const struct libcurl *api = transfer->api = libcurl_load(err);
        if (!api)
                return false;
        CURL *curl = transfer->curl = api->easy_init();
        bool done = curl && protocols_set(api, curl) &&
                    api->easy_setopt(curl, CURLOPT_URL, download->url) == CURLE_OK &&
                    api->easy_setopt(curl, CURLOPT_ERRORBUFFER, curl_says) == CURLE_OK &&
                    api->easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L) == CURLE_OK &&
                    api->easy_setopt(curl, CURLOPT_MAXREDIRS, (long)MOST_REDIRECTIONS) == CURLE_OK &&
                    api->easy_setopt(curl, CURLOPT_FAILONERROR, 1L) == CURLE_OK &&
                    api->easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
                    api->easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, connect) == CURLE_OK &&
                    api->easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, (long)STALL_BYTES_PER_SECOND) == CURLE_OK &&
                    api->easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, stall) == CURLE_OK &&
                    api->easy_setopt(curl, CURLOPT_USERAGENT, "esxiarm/" VERSION) == CURLE_OK &&
                    api->easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive) == CURLE_OK &&
                    api->easy_setopt(curl, CURLOPT_WRITEDATA, transfer) == CURLE_OK &&
                    api->easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, watch) == CURLE_OK &&
                    api->easy_setopt(curl, CURLOPT_XFERINFODATA, transfer) == CURLE_OK &&
                    api->easy_setopt(curl, CURLOPT_NOPROGRESS, 0L) == CURLE_OK;
        return done || error_set(err, ERROR_ENVIRONMENT, "libcurl cannot be set up");
}

// What a CURLcode means to somebody who wants a file. All others are told in libcurl's own words.
static const struct {
        CURLcode code;
        enum error_code error;
        const char *sentence;
} meanings[] = {
        {CURLE_UNSUPPORTED_PROTOCOL, ERROR_USAGE, "only http, https and file are supported"},
        {CURLE_URL_MALFORMAT, ERROR_USAGE, "this is no URL"},
        {CURLE_FILE_COULDNT_READ_FILE, ERROR_USAGE, "there is no such file, or it may not be read"},
        {CURLE_COULDNT_RESOLVE_HOST, ERROR_ENVIRONMENT,
         "the server's name is not known; check the spelling and the network"},
        {CURLE_COULDNT_RESOLVE_PROXY, ERROR_ENVIRONMENT,
         "the proxy's name is not known; check http_proxy and https_proxy"},
        {CURLE_COULDNT_CONNECT, ERROR_ENVIRONMENT, "the server cannot be reached, or refuses the connection"},
        {CURLE_TOO_MANY_REDIRECTS, ERROR_ENVIRONMENT, "the server redirects without end"},
        {CURLE_PEER_FAILED_VERIFICATION, ERROR_ENVIRONMENT, "the server's certificate is not trusted"},
        {CURLE_GOT_NOTHING, ERROR_ENVIRONMENT, "the server closed the connection without an answer"},
};

static bool http_failed(const struct transfer *transfer, struct error *err)
{
        long status = 0;
        transfer->api->easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
        const char *meaning = status == 404 || status == 410   ? " (the file is not there)"
                              : status == 401 || status == 403 ? " (access is denied)"
                              : status >= 500                  ? " (the server has a problem; try again later)"
                                                               : "";
        return error_set(err, ERROR_ENVIRONMENT, "the server answered with HTTP status %ld%s", status, meaning);
}

static bool timed_out(const struct transfer *transfer, struct error *err)
{
        curl_off_t connected = 0;
        transfer->api->easy_getinfo(transfer->curl, CURLINFO_CONNECT_TIME_T, &connected);
        if (!connected)
                return error_set(err, ERROR_ENVIRONMENT, "the server did not answer in time");
        return error_set(err, ERROR_ENVIRONMENT, "the server stopped sending after %" PRIu64 " bytes",
                         transfer->received);
}

static bool cut_off(const struct transfer *transfer, struct error *err)
{
        curl_off_t announced = -1;
        transfer->api->easy_getinfo(transfer->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
        error_set(err, ERROR_ENVIRONMENT, "the connection was cut after %" PRIu64, transfer->received);
        return announced < 0 ? error_append(err, " bytes") : error_append(err, " of %" PRId64 " bytes", announced);
}

// To libcurl an answer that does not begin with HTTP is one in the unsupported protocol HTTP/0.9.
static bool spoke_no_http(const struct transfer *transfer)
{
        long status = 0;
        curl_off_t connected = 0;
        transfer->api->easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &status);
        transfer->api->easy_getinfo(transfer->curl, CURLINFO_CONNECT_TIME_T, &connected);
        return connected && !status;
}

static bool curl_failed(const struct transfer *transfer, CURLcode code, const char *curl_says, struct error *err)
{
        if (transfer->failed)
                return false;
        if (code == CURLE_ABORTED_BY_CALLBACK)
                return error_set(err, ERROR_INTERRUPTED, "interrupted");
        if (code == CURLE_HTTP_RETURNED_ERROR)
                return http_failed(transfer, err);
        if (code == CURLE_OPERATION_TIMEDOUT)
                return timed_out(transfer, err);
        if (code == CURLE_PARTIAL_FILE || (code == CURLE_RECV_ERROR && transfer->received))
                return cut_off(transfer, err);
        if (code == CURLE_UNSUPPORTED_PROTOCOL && spoke_no_http(transfer))
                return error_set(err, ERROR_ENVIRONMENT, "the server does not speak HTTP");
        for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
                if (meanings[i].code == code)
                        return error_set(err, meanings[i].error, "%s", meanings[i].sentence);
        }
        const char *says = *curl_says ? curl_says : transfer->api->easy_strerror(code);
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
        return error_set(err, ERROR_DAMAGED, "has the SHA-256 %s where %s was expected: refused", is, expected);
}

static bool transfer_run(struct transfer *transfer, const char *path, struct downloaded *downloaded, struct error *err)
{
        char curl_says[CURL_ERROR_SIZE] = "";
        if (!transfer_set_up(transfer, curl_says, err))
                return false;
        transfer->replacement = file_replacement_begin(path, 0644, err);
        if (!transfer->replacement)
                return false;
        AUTO_FREE char *label = progress_label(transfer->download->url);
        transfer->digest = digest_begin();
        transfer->progress =
                progress_begin(transfer->download->label ? transfer->download->label : label, transfer->download->size);
        transfer->err = err;
        CURLcode code = transfer->api->easy_perform(transfer->curl);
        if (code != CURLE_OK)
                return curl_failed(transfer, code, curl_says, err);
        return transfer_check(transfer, downloaded, err) && file_replacement_commit(&transfer->replacement, err);
}

bool download_file(const struct download *download, const char *path, struct downloaded *downloaded, struct error *err)
{
        struct transfer transfer = {
                .download = download,
                .limit = download->limit ? download->limit : DEFAULT_LIMIT,
        };
        bool done = transfer_run(&transfer, path, downloaded, err);
        transfer_free(&transfer);
        if (done)
                return true;
        AUTO_FREE char *public_url = download_public_url(download->url);
        AUTO_FREE char *shown = text_printable(public_url, strlen(public_url), false);
        return error_wrap(err, "%s", shown);
}
