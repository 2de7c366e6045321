"""Every way to push a blob.

Each takes a client, a repository, the data and its digest (or a wrong one),
and gives the last answer; what comes before it must have gone well."""


def put(client, repo, data, wanted):
    return client.finish(client.start_upload(repo), wanted, [], data)


def put_chunked_coding(client, repo, data, wanted):
    return client.finish(client.start_upload(repo), wanted, [],
                         pieces(data), is_chunked=True)


def patch(client, repo, data, wanted):
    answer = client.patch(client.start_upload(repo), [], data)
    assert answer.status == 202, answer
    return client.finish(answer.header("Location"), wanted)


def patch_stream(client, repo, data, wanted):
    answer = client.patch(client.start_upload(repo), [], pieces(data),
                          is_chunked=True)
    assert answer.status == 202, answer
    return client.finish(answer.header("Location"), wanted)


def patch_many(client, repo, data, wanted):
    return client.finish(_chunks(client, repo, data, len(data)), wanted)


def patch_then_put(client, repo, data, wanted):
    first = len(data) * 2 // 3
    location = _chunks(client, repo, data, first)
    return client.finish(location, wanted, [], data[first:])


def patch_then_put_with_range(client, repo, data, wanted):
    first = len(data) * 2 // 3
    location = _chunks(client, repo, data, first)
    if first == len(data):
        return client.finish(location, wanted)
    return client.finish(location, wanted, [
        ("Content-Range", "%d-%d" % (first, len(data) - 1))], data[first:])


def post(client, repo, data, wanted):
    return client.post("/v2/%s/blobs/uploads/?digest=%s" % (repo, wanted),
                       [], data)


def post_stream(client, repo, data, wanted):
    return client.post("/v2/%s/blobs/uploads/?digest=%s" % (repo, wanted),
                       [], pieces(data), is_chunked=True)


def pieces(data, size=70001):
    return [data[at:at + size] for at in range(0, len(data), size)]


def _chunks(client, repo, data, end):
    """PATCHes data[:end] in three or four chunks with a Content-Range."""
    location = client.start_upload(repo)
    step = max(1, end // 3)
    for at in range(0, end, step):
        last = min(at + step, end) - 1
        answer = client.patch(
            location, [("Content-Range", "%d-%d" % (at, last))],
            data[at:last + 1])
        assert answer.status == 202, answer
        assert answer.header("Range") == "0-%d" % last
        location = answer.header("Location")
    return location


WAYS = [put, put_chunked_coding, patch, patch_stream, patch_many,
        patch_then_put, patch_then_put_with_range, post, post_stream]
