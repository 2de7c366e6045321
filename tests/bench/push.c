/* push.c: clients that push layers of 1 MiB, for the benchmark.
 *
 *     push URL NAME CLIENTS LAYERS [AUTHORIZATION]
 *
 * Each client is a process with one connection; it makes its layers and their
 * digests first, waits for the others, and then pushes each with POST and PUT.
 * Prints layers a second.  Any answer but 202 and 201 ends the run. */

#include <curl/curl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LAYER (1 << 20)
#define TEXT 4096

typedef struct {
    CURL *curl;
    struct curl_slist *headers;
    char location[TEXT];
} client_t;


static void
fail(const char *what)
{
    fprintf(stderr, "push: %s\n", what);
    exit(1);
}


static size_t
keep_location(char *line, size_t size, size_t n, void *data)
{
    client_t *client = data;
    size_t len = size * n;
    char text[TEXT];
    char *path;

    if (len < sizeof(text) && strncasecmp(line, "location: ", 10) == 0) {
        memcpy(text, line, len);
        text[len] = '\0';
        path = strstr(text, "/v2/"); /* some answer with the whole URL */

        if (path != NULL) {
            path[strcspn(path, "\r\n")] = '\0';
            snprintf(client->location, sizeof(client->location), "%s", path);
        }
    }

    return len;
}


static size_t
drop_body(char *body, size_t size, size_t n, void *data)
{
    (void)body;
    (void)data;

    return size * n;
}


static void
request(client_t *client, const char *method, const char *url,
        const unsigned char *body, long size, long wanted)
{
    long status = 0;

    curl_easy_setopt(client->curl, CURLOPT_URL, url);
    curl_easy_setopt(client->curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(client->curl, CURLOPT_POSTFIELDSIZE, size);

    if (curl_easy_perform(client->curl) != CURLE_OK) {
        fail("the connection broke");
    }

    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);

    if (status != wanted) {
        fprintf(stderr, "push: %s %s: %ld\n", method, url, status);
        exit(1);
    }
}


static void
push(client_t *client, const char *base, const char *name,
     const unsigned char *layer, const char *hex)
{
    char url[2 * TEXT];

    snprintf(url, sizeof(url), "%s/v2/%s/blobs/uploads/", base, name);
    request(client, "POST", url, (const unsigned char *)"", 0, 202);
    snprintf(url, sizeof(url), "%s%s%cdigest=sha256:%s", base, client->location,
             strchr(client->location, '?') ? '&' : '?', hex);
    request(client, "PUT", url, layer, LAYER, 201);
}


static void
make_layer(unsigned char *layer, unsigned long long stamp, char *hex)
{
    unsigned char hash[EVP_MAX_MD_SIZE];

    memcpy(layer, &stamp, sizeof(stamp));
    EVP_Digest(layer, LAYER, hash, NULL, EVP_sha256(), NULL);

    for (int i = 0; i < 32; i++) {
        snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    }
}


static void
run_client(int number, char **argv, int layers, int ready, int go)
{
    client_t client = { curl_easy_init(), NULL, "" };
    unsigned char *layer = malloc(LAYER);
    char(*hexes)[65] = malloc((size_t)layers * sizeof(*hexes));
    unsigned long long first =
        ((unsigned long long)time(NULL) << 24) + (unsigned)number * 100000u;
    char byte = 0;

    for (int i = 0; i < LAYER; i++) {
        layer[i] = (unsigned char)(i * 2654435761u >> 13);
    }

    for (int i = 0; i < layers; i++) {
        make_layer(layer, first + (unsigned)i, hexes[i]);
    }

    client.headers = curl_slist_append(client.headers, "Expect:");
    client.headers = curl_slist_append(
        client.headers, "Content-Type: application/octet-stream");
    if (argv[5] != NULL) {
        client.headers = curl_slist_append(client.headers, argv[5]);
    }

    curl_easy_setopt(client.curl, CURLOPT_HTTPHEADER, client.headers);
    curl_easy_setopt(client.curl, CURLOPT_HEADERFUNCTION, keep_location);
    curl_easy_setopt(client.curl, CURLOPT_HEADERDATA, &client);
    curl_easy_setopt(client.curl, CURLOPT_WRITEFUNCTION, drop_body);

    if (write(ready, &byte, 1) != 1 || read(go, &byte, 1) != 1) {
        fail("the other clients went away");
    }

    for (int i = 0; i < layers; i++) {
        memcpy(layer, &(unsigned long long){ first + (unsigned)i }, 8);
        push(&client, argv[1], argv[2], layer, hexes[i]);
    }

    exit(0);
}


static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);

    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}


int
main(int argc, char **argv)
{
    int clients, layers, ready[2], go[2], status = 0, worst = 0;
    double start;
    char byte = 0;

    if (argc < 5 || pipe(ready) != 0 || pipe(go) != 0) {
        fail("usage: push URL NAME CLIENTS LAYERS [AUTHORIZATION]");
    }

    clients = (int)strtol(argv[3], NULL, 10);
    layers = (int)strtol(argv[4], NULL, 10);

    for (int i = 0; i < clients; i++) {
        if (fork() == 0) {
            run_client(i, argv, layers, ready[1], go[0]);
        }
    }

    for (int i = 0; i < clients; i++) {
        if (read(ready[0], &byte, 1) != 1) {
            fail("no client");
        }
    }

    start = now();

    for (int i = 0; i < clients; i++) {
        if (write(go[1], &byte, 1) != 1) {
            fail("no client");
        }
    }

    while (wait(&status) > 0) {
        worst |= status;
    }

    printf("%.1f\n", clients * layers / (now() - start));

    return worst != 0;
}
